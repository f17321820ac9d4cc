//! The page's HTML: what does not depend on the data, and the data for the script.

use super::data::PageData;
use base64::{Engine, prelude::BASE64_STANDARD};
use jiff::tz::TimeZone;
use maud::{DOCTYPE, PreEscaped, html};
use metrics_lib::text::is_harmful;
use sha2::{Digest, Sha256};

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// The page around data that are inert within HTML.
pub(super) fn document(data: &PageData, json: &str) -> String {
    // Names come from anybody: what would turn text around, or is no text, is shown as unknown.
    let of = data.of.replace(is_harmful, "\u{fffd}");
    let now = data.now.to_zoned_datetime(TimeZone::UTC).strftime("%-d %B %Y, %H:%M UTC").to_string();
    // Nothing but this script and this style is run, and nothing is fetched.
    let policy = format!(
        "default-src 'none'; script-src '{}'; style-src '{}'; img-src data:; base-uri 'none'; form-action 'none'",
        hash(SCRIPT),
        hash(STYLE)
    );
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(policy);
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                link rel="icon" href="data:,";
                title { "DORA metrics: " (of) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                header {
                    h1 { "DORA metrics" }
                    p { (of) ", as of " time datetime=(data.now) { (now) } }
                }
                form.filters #filters aria-label="What is shown" {
                    label { "Show " select #unit {} }
                    fieldset {
                        legend { "by" }
                        @for (value, name) in [("day", "day"), ("week", "week"), ("month", "month")] {
                            label { input type="radio" name="by" value=(value); (name) }
                        }
                    }
                    span.steps {
                        button #earlier type="button" aria-label="Earlier period" { "\u{2039}" }
                        label { span #period-name { "Week" } " " select #period {} }
                        button #later type="button" aria-label="Later period" { "\u{203a}" }
                    }
                    a #reset href="#" { "Reset" }
                }
                p.status #status role="status" {}
                main {
                    noscript { p { "This page needs its script, which is a part of it and fetches nothing." } }
                    section #overview aria-labelledby="overview-title" {
                        h2 #overview-title { "How are we doing" }
                        div.cards #cards {}
                    }
                    section #facts aria-labelledby="facts-title" hidden {
                        h2 #facts-title tabindex="-1" {}
                        p { a #close href="#" { "Close this list" } }
                        div #facts-list {}
                    }
                    section #trends aria-labelledby="trends-title" {
                        h2 #trends-title { "What changed" }
                        p.hint { "Each point leads to what it is made of. * has not ended." }
                        div.charts #charts {}
                    }
                    section #parts aria-labelledby="parts-title" {
                        h2 #parts-title { "Where the time goes" }
                        p.hint { "The parts of the mean lead time, which add up to it." }
                        div #parts-list {}
                    }
                    section #failures aria-labelledby="failures-title" {
                        h2 #failures-title { "What failed, and what repaired it" }
                        div #failures-list {}
                    }
                    section #incidents aria-labelledby="incidents-title" {
                        h2 #incidents-title { "Incidents" }
                        div #incidents-list {}
                    }
                    section #repositories aria-labelledby="repositories-title" {
                        h2 #repositories-title { "Repositories" }
                        p.hint { "First those with open incidents, then those of which a figure got worse, then by name." }
                        label.search { "Find " input #search type="search"; }
                        div #repositories-list {}
                    }
                    section #left-out aria-labelledby="left-out-title" {
                        h2 #left-out-title { "What is not in the figures" }
                        div #left-out-list {}
                    }
                }
                script #data type="application/json" { (PreEscaped(json)) }
                script { (PreEscaped(SCRIPT)) }
            }
        }
    };
    page.into_string()
}

/// What a content security policy names a script or style by.
fn hash(text: &str) -> String {
    format!("sha256-{}", BASE64_STANDARD.encode(Sha256::digest(text)))
}
