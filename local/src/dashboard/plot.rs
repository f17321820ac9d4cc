//! Lines over time, as SVG.
//!
//! Colours are written as the document has them; the page's style sheet finds them by their values, puts others in their
//! place where the page is dark, and gives each line its own dashes.

use super::{
    document::{Annotation, Metrics, Row, Side},
    evaluate::{Evaluated, Line},
    page::{number, short_day, visible},
};
use jiff::{SignedDuration, Timestamp};
use metrics_lib::window::Window;
use plotters::{prelude::*, style::text_anchor};
use std::io;

/// The size of a chart, in pixels of a page that is not scaled.
const SIZE: (u32, u32) = (640, 250);
/// The colour of the grid, which the style sheet knows.
const GRID: RGBColor = RGBColor(0xd0, 0xd4, 0xda);
/// The colour of text, which the style sheet knows.
const TEXT: RGBColor = RGBColor(0x33, 0x33, 0x33);
const DAY: f64 = 24.0 * 3600.0;

type Failed = DrawingAreaErrorKind<io::Error>;

/// A line of a chart, and how it is drawn.
struct Drawn<'a> {
    line: &'a Line,
    color: RGBColor,
    side: Side,
}

/// Draws the lines of a widget, those of the right axis as bars behind the others.
pub(super) fn plot(widget: &Metrics, evaluated: &Evaluated) -> Result<String, Failed> {
    let mut svg = String::new();
    let drawn = evaluated.lines.iter().zip(visible(widget)).map(|(line, Row { rendering, .. })| Drawn {
        line,
        color: color(rendering.color.as_deref().unwrap_or_default()),
        side: rendering.y_axis,
    });
    draw(&mut svg, widget, &evaluated.periods, &drawn.collect::<Vec<_>>())?;
    Ok(svg)
}

fn draw(svg: &mut String, widget: &Metrics, periods: &[Window], drawn: &[Drawn<'_>]) -> Result<(), Failed> {
    let (Some(first), Some(last)) = (periods.first(), periods.last()) else { return Ok(()) };
    let start = first.start;
    let days = |time: Timestamp| time.duration_since(start).as_secs_f64() / DAY;
    let x = 0.0..days(last.end);
    let top = |side: Side| highest(drawn.iter().filter(|drawn| drawn.side == side));
    let has_right = drawn.iter().any(|drawn| drawn.side == Side::Right);
    let (left, right) = (top(Side::Left) * 1.12, top(Side::Right) * 1.6);

    let area = SVGBackend::with_string(svg, SIZE).into_drawing_area();
    let text = |size: u32| ("sans-serif", size).into_font().color(&TEXT);
    let mut chart = ChartBuilder::on(&area)
        .margin_top(8)
        .margin_right(if has_right { 4 } else { 40 })
        .x_label_area_size(24)
        .y_label_area_size(44)
        .right_y_label_area_size(if has_right { 36 } else { 0 })
        .build_cartesian_2d(x.clone(), 0.0..left)?
        .set_secondary_coord(x.clone(), 0.0..right);
    let bands = widget.annotations.horizontal.iter().filter(|band| band.from < left);
    for Annotation { label, from, to, color: hex } in bands {
        let end = to.unwrap_or(left).min(left);
        let area = Rectangle::new([(x.start, *from), (x.end, end)], color(hex).mix(0.09).filled());
        chart.draw_series([area])?;
        if end < left {
            chart.draw_series([PathElement::new([(x.start, end), (x.end, end)], color(hex).mix(0.6))])?;
        }
        // A name needs room for its line.
        if (end - from) / left > 0.08 {
            let style = text(11).pos(text_anchor::Pos::new(text_anchor::HPos::Right, text_anchor::VPos::Top));
            chart.draw_series([Text::new(label.clone(), (x.end * 0.995, end * 0.99), style)])?;
        }
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
        .x_label_formatter(&|day| date(start, *day))
        .y_label_formatter(&|value| number(*value))
        .draw()?;
    if has_right {
        chart
            .configure_secondary_axes()
            .axis_style(GRID)
            .label_style(text(12))
            .y_labels(4)
            .y_label_formatter(&|value| if value.fract() == 0.0 { number(*value) } else { String::new() })
            .draw()?;
    }
    for Drawn { line, color, .. } in drawn.iter().filter(|drawn| drawn.side == Side::Right) {
        let bars = periods.iter().zip(&line.values).filter_map(|(period, value)| {
            let (from, to) = (days(period.start), days(period.end));
            let gap = (to - from) * 0.15;
            value.map(|value| Rectangle::new([(from + gap, 0.0), (to - gap, value)], color.mix(0.3).filled()))
        });
        chart.draw_secondary_series(bars)?;
    }
    for Drawn { line, color, .. } in drawn.iter().filter(|drawn| drawn.side == Side::Left) {
        let at = |period: &Window| f64::midpoint(days(period.start), days(period.end));
        let points: Vec<_> =
            periods.iter().zip(&line.values).map(|(period, value)| (at(period), *value)).collect();
        for run in points.split(|(_, value)| value.is_none()).filter(|run| !run.is_empty()) {
            let run = run.iter().filter_map(|(at, value)| Some((*at, (*value)?)));
            chart.draw_series(LineSeries::new(run, color.stroke_width(2)))?;
        }
        // A value between two that are missing has no line.
        let dots =
            points.iter().filter_map(|(at, value)| Some(Circle::new((*at, (*value)?), 2, color.filled())));
        chart.draw_series(dots)?;
    }
    area.present()
}

fn highest<'a>(drawn: impl Iterator<Item = &'a Drawn<'a>>) -> f64 {
    let values = drawn.flat_map(|drawn| drawn.line.values.iter().flatten().copied());
    let highest = values.fold(0.0, f64::max);
    if highest > 0.0 { highest } else { 1.0 }
}

fn date(start: Timestamp, day: f64) -> String {
    short_day(start + SignedDuration::from_secs_f64(day * DAY))
}

/// The colour of `#0072b2`; grey if it is none.
fn color(hex: &str) -> RGBColor {
    let number = u32::from_str_radix(hex.trim_start_matches('#'), 16).unwrap_or(0x0099_9999);
    let [_, red, green, blue] = number.to_be_bytes();
    RGBColor(red, green, blue)
}
