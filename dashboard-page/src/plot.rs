//! Lines over time, as SVG.
//!
//! Colours are written as the document has them; the page's style sheet finds them by their values, puts others in their
//! place where the page is dark, and gives each line its own dashes.

use super::{
    document::{Annotation, Metrics, Row, Side},
    evaluate::{Evaluated, Line},
    texts::{number, short_day},
};
use jiff::{SignedDuration, Timestamp};
use metrics_lib::window::Window;
use plotters::{
    chart::DualCoordChartContext,
    coord::types::RangedCoordf64,
    prelude::*,
    style::text_anchor::{HPos, Pos, VPos},
};
use std::io;

/// The size of a chart, in pixels of a page that is not scaled.
const SIZE: (u32, u32) = (640, 250);
/// The colour of the grid, which the style sheet knows.
const GRID: RGBColor = RGBColor(0xd0, 0xd4, 0xda);
/// The colour of text, which the style sheet knows.
const TEXT: RGBColor = RGBColor(0x33, 0x33, 0x33);
const DAY: f64 = 24.0 * 3600.0;

type Failed = DrawingAreaErrorKind<io::Error>;
type Plane = Cartesian2d<RangedCoordf64, RangedCoordf64>;
type Chart<'a, 'svg> = DualCoordChartContext<'a, SVGBackend<'svg>, Plane, Plane>;

/// A line of a chart, and how it is drawn.
struct Drawn<'a> {
    line: &'a Line,
    color: RGBColor,
    side: Side,
}

/// Draws the lines of a widget, those of the right axis as bars behind the others.
pub(super) fn plot(widget: &Metrics, evaluated: &Evaluated) -> Result<String, Failed> {
    let mut svg = String::new();
    let drawn = evaluated.lines.iter().zip(widget.visible()).map(|(line, Row { rendering, .. })| Drawn {
        line,
        color: color(rendering.color.as_deref().unwrap_or_default()),
        side: rendering.y_axis,
    });
    draw(&mut svg, widget, &evaluated.periods, &drawn.collect::<Vec<_>>())?;
    Ok(svg)
}

fn draw(svg: &mut String, widget: &Metrics, periods: &[Window], drawn: &[Drawn<'_>]) -> Result<(), Failed> {
    let Some(end) = periods.last().map(|last| days(periods, last.end)) else { return Ok(()) };
    let on = |side: Side| drawn.iter().filter(move |drawn| drawn.side == side);
    let has_right = on(Side::Right).count() > 0;
    // Bars leave room for the lines.
    let (left, right) = (highest(on(Side::Left)) * 1.12, highest(on(Side::Right)) * 1.6);
    let area = SVGBackend::with_string(svg, SIZE).into_drawing_area();
    let mut chart = ChartBuilder::on(&area)
        .margin_top(8)
        .margin_right(if has_right { 4 } else { 40 })
        .x_label_area_size(24)
        .y_label_area_size(44)
        .right_y_label_area_size(if has_right { 36 } else { 0 })
        .build_cartesian_2d(0.0..end, 0.0..left)?
        .set_secondary_coord(0.0..end, 0.0..right);
    for band in widget.annotations.horizontal.iter().filter(|band| band.from < left) {
        draw_band(&mut chart, band, end, left)?;
    }
    chart
        .configure_mesh()
        .disable_x_mesh()
        .light_line_style(TRANSPARENT)
        .bold_line_style(GRID)
        .axis_style(GRID)
        .label_style(text(12))
        .x_labels(10)
        .y_labels(5)
        .x_label_formatter(&|day| date(periods, *day))
        .y_label_formatter(&|value| number(*value))
        .draw()?;
    if has_right {
        let whole = |value: &f64| if value.fract() == 0.0 { number(*value) } else { String::new() };
        chart
            .configure_secondary_axes()
            .axis_style(GRID)
            .label_style(text(12))
            .y_labels(4)
            .y_label_formatter(&whole)
            .draw()?;
    }
    on(Side::Right).try_for_each(|drawn| draw_bars(&mut chart, periods, drawn))?;
    on(Side::Left).try_for_each(|drawn| draw_line(&mut chart, periods, drawn))?;
    area.present()
}

/// A part of the scale up to `top`, with its name where there is room for a line.
fn draw_band(chart: &mut Chart<'_, '_>, band: &Annotation, width: f64, top: f64) -> Result<(), Failed> {
    let Annotation { label, from, to, color: hex } = band;
    let end = to.unwrap_or(top).min(top);
    let area = Rectangle::new([(0.0, *from), (width, end)], color(hex).mix(0.09).filled());
    chart.draw_series([area])?;
    if end < top {
        chart.draw_series([PathElement::new([(0.0, end), (width, end)], color(hex).mix(0.6))])?;
    }
    if (end - from) / top > 0.08 {
        let style = text(11).pos(Pos::new(HPos::Right, VPos::Top));
        chart.draw_series([Text::new(label.clone(), (width * 0.995, end * 0.99), style)])?;
    }
    Ok(())
}

fn draw_bars(chart: &mut Chart<'_, '_>, periods: &[Window], drawn: &Drawn<'_>) -> Result<(), Failed> {
    let style = drawn.color.mix(0.3).filled();
    let bars = periods.iter().zip(&drawn.line.values).filter_map(|(period, value)| {
        let (from, to) = (days(periods, period.start), days(periods, period.end));
        let gap = (to - from) * 0.15;
        value.map(|value| Rectangle::new([(from + gap, 0.0), (to - gap, value)], style))
    });
    chart.draw_secondary_series(bars)?;
    Ok(())
}

/// A line has gaps where there are no values; a dot shows one that has none beside it.
fn draw_line(chart: &mut Chart<'_, '_>, periods: &[Window], drawn: &Drawn<'_>) -> Result<(), Failed> {
    let at = |period: &Window| f64::midpoint(days(periods, period.start), days(periods, period.end));
    let values = periods.iter().zip(&drawn.line.values);
    let points: Vec<_> = values.map(|(period, value)| value.map(|value| (at(period), value))).collect();
    for run in points.split(Option::is_none) {
        let line = run.iter().flatten().copied();
        chart.draw_series(LineSeries::new(line, drawn.color.stroke_width(2)))?;
    }
    let dots = points.iter().flatten();
    chart.draw_series(dots.map(|point| Circle::new(*point, 2, drawn.color.filled())))?;
    Ok(())
}

/// The days from the beginning of the chart on.
fn days(periods: &[Window], time: Timestamp) -> f64 {
    periods.first().map_or(0.0, |first| time.duration_since(first.start).as_secs_f64() / DAY)
}

fn date(periods: &[Window], day: f64) -> String {
    let start = periods.first().map(|first| first.start).unwrap_or_default();
    short_day(start + SignedDuration::from_secs_f64(day * DAY))
}

fn text(size: u32) -> TextStyle<'static> {
    ("sans-serif", size).into_font().color(&TEXT)
}

fn highest<'a>(drawn: impl Iterator<Item = &'a Drawn<'a>>) -> f64 {
    let values = drawn.flat_map(|drawn| drawn.line.values.iter().flatten().copied());
    let highest = values.fold(0.0, f64::max);
    if highest > 0.0 { highest } else { 1.0 }
}

/// The colour of `#0072b2`; grey if it is none.
fn color(hex: &str) -> RGBColor {
    let number = u32::from_str_radix(hex.trim_start_matches('#'), 16).unwrap_or(0x0099_9999);
    let [_, red, green, blue] = number.to_be_bytes();
    RGBColor(red, green, blue)
}
