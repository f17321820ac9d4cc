//! Dashboards as one self-contained page of HTML, without scripts: every chart has its table, and every number its exact
//! value.

use super::{
    document::{Annotation, Document, Metrics, Row, Side, Text, View, Widget},
    evaluate::{Evaluated, EvaluationError, Line, evaluate},
    plot::plot,
    stored::Stored,
    texts::{number, short_day},
};
use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use maud::{DOCTYPE, Markup, PreEscaped, html};
use metrics_lib::window::Window;
use pulldown_cmark::{Event, Parser};
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::collections::BTreeMap;

/// What stops a page.
#[derive(Debug, thiserror::Error)]
pub enum PageError {
    /// A document has something that is not drawn here.
    #[error("the dashboard {0} is not understood: {1}")]
    Document(String, String),
    /// A widget can't be evaluated.
    #[error("the widget {0:?} can't be evaluated")]
    Evaluation(String, #[source] EvaluationError),
    /// A chart can't be drawn.
    #[error("the widget {0:?} can't be drawn: {1}")]
    Plot(String, String),
}

/// What the page is of.
struct Context<'a> {
    stored: &'a Stored,
    now: Timestamp,
}

/// A page of dashboards, by their names, at an instant; `subtitle` says whose figures they are.
///
/// # Errors
/// [`PageError`].
pub fn page(
    documents: &BTreeMap<String, Value>,
    subtitle: &str,
    stored: &Stored,
    now: Timestamp,
) -> Result<String, PageError> {
    let context = Context { stored, now };
    let sections = documents.iter().map(|(name, document)| {
        let document: Document = read(name, document)?;
        let widgets = document.widgets.iter().map(|widget| context.widget(name, widget, &document.start));
        Ok((name, widgets.collect::<Result<Vec<_>, _>>()?))
    });
    let sections: Vec<(&String, Vec<Markup>)> = sections.collect::<Result<_, PageError>>()?;
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                // Nothing is fetched, not even an icon.
                link rel="icon" href="data:,";
                title { "DORA metrics: " (subtitle) }
                style { (PreEscaped(include_str!("drawn.css"))) }
            }
            body {
                header {
                    p { (subtitle) ", as of " (instant(now)) }
                    @if sections.len() > 1 {
                        nav aria-label="Dashboards" {
                            @for (name, _) in &sections { a href={ "#" (name) } { (name) } }
                        }
                    }
                }
                main {
                    @for (name, widgets) in &sections {
                        section id=(name) aria-label=(name) { @for widget in widgets { (widget) } }
                    }
                }
            }
        }
    };
    // Names come from anybody: what would turn text around, or is no text, is shown as unknown.
    Ok(page.into_string().replace(metrics_lib::text::is_harmful, "\u{fffd}"))
}

fn read<T: DeserializeOwned>(name: &str, value: &Value) -> Result<T, PageError> {
    T::deserialize(value).map_err(|error| PageError::Document(name.to_owned(), error.to_string()))
}

impl Context<'_> {
    fn widget(&self, name: &str, widget: &Widget, reach: &str) -> Result<Markup, PageError> {
        let width = format!("grid-column-end: span {}", widget.width);
        if widget.kind == "text" {
            let Text { markdown } = read(name, &widget.properties)?;
            return Ok(html! { div.text style=(width) { (self::markdown(&markdown)) } });
        }
        let metrics: Metrics = read(name, &widget.properties)?;
        let evaluated = evaluate(&metrics, reach, self.stored, self.now)
            .map_err(|error| PageError::Evaluation(metrics.title.clone(), error))?;
        let content = match metrics.view {
            View::SingleValue => numbers(&metrics, &evaluated),
            View::Gauge => gauge(&metrics, &evaluated),
            View::Table => table(&metrics, &evaluated, self.now),
            View::TimeSeries => chart(&metrics, &evaluated)?,
        };
        Ok(html! {
            article style=(width) aria-label=(metrics.title) { h4 { (metrics.title) } (content) }
        })
    }
}

/// Markdown without any HTML in it; links between dashboards lead to their places on this page.
fn markdown(text: &str) -> Markup {
    let events = Parser::new(text).map(|event| match event {
        Event::Html(html) | Event::InlineHtml(html) => Event::Text(html),
        event => event,
    });
    let mut html = String::new();
    pulldown_cmark::html::push_html(&mut html, events);
    PreEscaped(html.replace("href=\"#dashboards/dashboard/", "href=\"#"))
}

/// The values of the latest period: the first one large, unless all are alike.
fn numbers(widget: &Metrics, evaluated: &Evaluated) -> Markup {
    let mut colors = widget.visible().map(|row| &row.rendering.color);
    let first = colors.next();
    let alike = evaluated.lines.len() > 1 && colors.all(|color| Some(color) == first);
    html! {
        dl.numbers.alike[alike] {
            @for Line { label, values } in &evaluated.lines {
                // "median, days": the unit goes to the number.
                @let (name, unit) = label.rsplit_once(", ").unwrap_or((label, ""));
                @let latest = values.last().copied().flatten();
                div {
                    dt { (name) }
                    dd { (value(latest)) @if latest.is_some() && !unit.is_empty() { small { " " (unit) } } }
                }
            }
        }
    }
}

/// The latest value on its scale.
fn gauge(widget: &Metrics, evaluated: &Evaluated) -> Markup {
    let scale = widget.y_axis.get(&Side::Left).cloned().unwrap_or_default();
    let (min, max) = (scale.min.unwrap_or(0.0), scale.max.unwrap_or(100.0));
    let percent = |value: f64| 100.0 * (value.clamp(min, max) - min) / (max - min);
    html! {
        (numbers(widget, evaluated))
        @for latest in evaluated.lines.iter().filter_map(|line| line.values.last().copied().flatten()) {
            div.scale aria-hidden="true" {
                @for Annotation { label, from, to, color } in &widget.annotations.horizontal {
                    @let (from, to) = (percent(*from), percent(to.unwrap_or(max)));
                    span.band style={ "left:" (from) "%;width:" (to - from) "%;background:" (color) } title=(label) {}
                }
                span.mark style={ "width:" (percent(latest)) "%" } {}
            }
            p.ends aria-hidden="true" { span { (number(min)) } span { (number(max)) } }
        }
    }
}

/// A row a line, a column a period.
fn table(widget: &Metrics, evaluated: &Evaluated, now: Timestamp) -> Markup {
    html! {
        div.scroll tabindex="0" role="region" aria-label={ (widget.title) ", table" } {
            table {
                thead {
                    tr {
                        td {}
                        @for period in &evaluated.periods {
                            th scope="col" {
                                time datetime=(day(period.start)) { (short_day(period.start)) }
                                @if period.end > now { " *" }
                            }
                        }
                    }
                }
                tbody {
                    @for (Line { label, values }, row) in evaluated.lines.iter().zip(widget.visible()) {
                        @let change = row.rendering.expression.as_ref().is_some_and(|text| text.starts_with("DIFF("));
                        tr.change[change] {
                            th scope="row" { (label) }
                            @for value in values { td { (if change { signed(*value) } else { self::value(*value) }) } }
                        }
                    }
                }
            }
        }
        p.note { "Each column begins on its day; * has not ended." }
    }
}

/// Lines over time, and the same as a table.
fn chart(widget: &Metrics, evaluated: &Evaluated) -> Result<Markup, PageError> {
    if evaluated.lines.iter().flat_map(|line| &line.values).all(Option::is_none) {
        return Ok(html! { p.nothing { "no data" } });
    }
    let svg =
        plot(widget, evaluated).map_err(|error| PageError::Plot(widget.title.clone(), error.to_string()))?;
    Ok(html! {
        ul.legend aria-hidden="true" {
            @for Row { rendering, .. } in widget.visible() {
                @let color = rendering.color.as_deref().unwrap_or_default().to_ascii_uppercase();
                li {
                    svg viewBox="0 0 26 10" width="26" height="10" {
                        @if rendering.y_axis == Side::Right {
                            rect x="8" width="10" height="10" fill=(color) opacity="0.4" {}
                        } @else {
                            line x1="0" x2="26" y1="5" y2="5" stroke=(color) stroke-width="2" {}
                        }
                    }
                    (rendering.label.as_deref().unwrap_or(&rendering.id))
                    @if rendering.y_axis == Side::Right { " (right)" }
                }
            }
        }
        figure role="img" aria-label={ (widget.title) "; its table follows" } { (PreEscaped(svg)) }
        details {
            summary { "Table" }
            div.scroll {
                table {
                    thead {
                        tr { td {} @for Line { label, .. } in &evaluated.lines { th scope="col" { (label) } } }
                    }
                    tbody { @for row in rows(evaluated) { (row) } }
                }
            }
        }
    })
}

fn rows(evaluated: &Evaluated) -> impl Iterator<Item = Markup> {
    evaluated.periods.iter().enumerate().map(|(index, Window { start, .. })| {
        html! {
            tr {
                th scope="row" { (day(*start)) }
                @for line in &evaluated.lines { td { (value(line.values[index])) } }
            }
        }
    })
}

/// A number for people, and its exact value beside it; no data is not zero.
fn value(value: Option<f64>) -> Markup {
    match value {
        Some(exact) => html! { data value=(exact) { (number(exact)) } },
        None => html! { span.nothing { "no data" } },
    }
}

/// A change for people.
fn signed(change: Option<f64>) -> Markup {
    let plus = if change.is_some_and(|change| change > 0.0) { "+" } else { "" };
    html! { (plus) (value(change)) }
}

fn day(time: Timestamp) -> String {
    time.to_zoned_datetime(TimeZone::UTC).date().to_string()
}

fn instant(time: Timestamp) -> String {
    // Nobody reads the seconds.
    let minute = time - SignedDuration::from_secs(time.as_second().rem_euclid(60));
    minute.to_zoned_datetime(TimeZone::UTC).strftime("%-d %B %Y, %H:%M UTC").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_not_drawn_here_is_refused_by_name() {
        fn check(properties: Value, expected: &str) {
            let widget =
                json!({"type": "metric", "x": 0, "y": 0, "width": 6, "height": 3, "properties": properties});
            let document = json!({"start": "-P90D", "periodOverride": "inherit", "widgets": [widget]});
            let documents = BTreeMap::from([("dora".to_owned(), document)]);
            let error = page(&documents, "", &Stored::default(), Timestamp::UNIX_EPOCH).unwrap_err();
            assert!(error.to_string().starts_with(expected), "{error}");
        }
        let metric = |stat: &str| json!([["DORA", "Deployments", {"id": "m1", "stat": stat}]]);
        let widget = |view: &str, metrics: Value| json!({"title": "Rate", "region": "eu-west-1", "period": 86400, "view": view, "metrics": metrics});
        check(widget("pie", metric("Sum")), "the dashboard dora is not understood: unknown variant `pie`");
        check(widget("table", metric("tm90")), "the widget \"Rate\" can't be evaluated");
        check(
            json!({"title": "Rate", "sparkline": true}),
            "the dashboard dora is not understood: unknown field",
        );
        check(widget("table", json!([["DORA"]])), "the dashboard dora is not understood: ");
    }

    #[test]
    fn markdown_has_no_html() {
        fn check(text: &str, expected: &str) {
            assert_eq!(markdown(text).into_string(), expected);
        }
        check("# Team <script>x</script>", "<h1>Team &lt;script&gt;x&lt;/script&gt;</h1>\n");
        check("<b>x</b>", "<p>&lt;b&gt;x&lt;/b&gt;</p>\n");
        check("[a](#dashboards/dashboard/dora)", "<p><a href=\"#dora\">a</a></p>\n");
    }
}
