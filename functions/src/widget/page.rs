//! The widget's page: what is shown, the way to the rest, and the table.

use super::{
    csv::csv,
    html::Html,
    request::{Request, View},
    table::{Cell, Table, Tone},
};
use metrics_lib::fact::Teams;
use serde_json::{Value, json};

/// How many rows a page has.
const ROWS: usize = 50;
/// The most characters of a cell; the rest is in the CSV.
const CELL: usize = 400;
/// The most that a reply may have, in bytes: CloudWatch takes 6 MB, and people read far less.
const MOST: usize = 900_000;

const STYLE: &str = "\
.dora{overflow-x:auto}\
.dora table{width:100%;border-collapse:collapse}\
.dora th,.dora td{text-align:left;vertical-align:top;padding:4px 8px;border-bottom:1px solid #8886}\
.dora td{overflow-wrap:anywhere}\
.dora td:first-child{white-space:nowrap}\
.dora .bad::before{content:'\\25BC  ';color:#d13212}\
.dora .good::before{content:'\\25B2  ';color:#1d8102}\
.dora nav a,.dora nav strong{margin-right:12px;display:inline-block}";

/// What the page is about.
#[derive(Clone, Copy)]
pub(super) struct Page<'a> {
    pub(super) request: &'a Request,
    pub(super) teams: &'a Teams,
    /// The function's own ARN, which links call.
    pub(super) endpoint: &'a str,
}

impl Page<'_> {
    /// The page as HTML.
    pub(super) fn html(&self, table: &Table) -> String {
        let mut html = Html::default();
        html.style(STYLE);
        html.element("div", &[("class", "dora")], |html| {
            self.views(html);
            self.form(html);
            html.leaf("p", &[], &format!("{}. {}", table.caption, self.scope()));
            if table.rows.is_empty() {
                html.leaf("p", &[], table.empty);
                return;
            }
            let pages = table.rows.len().div_ceil(ROWS);
            let page = self.request.page.min(pages);
            let begin = (page - 1) * ROWS;
            rows(html, table, begin);
            html.element("nav", &[("aria-label", "Pages")], |html| self.pages(html, table, page, pages));
        });
        html.into()
    }

    /// The table as CSV, to be copied.
    pub(super) fn csv(&self, table: &Table) -> String {
        // Escaped, a character has six bytes at the most.
        let (csv, shown) = csv(table, MOST / 3);
        let mut html = Html::default();
        let all = table.rows.len();
        let left_out = if shown < all {
            format!("The first {shown} of {all} rows: choose a shorter time range for the others.")
        } else {
            format!("{all} rows.")
        };
        html.leaf("p", &[], &left_out);
        html.leaf("pre", &[], &csv);
        html.into()
    }

    /// Whose facts these are, and when.
    fn scope(&self) -> String {
        let of = &self.request.of;
        let whose = match (&of.repository, &of.team) {
            (Some(repository), _) => format!("Of {repository}"),
            (None, Some(team)) => format!("Of team {team}"),
            (None, None) => "Of all repositories".to_owned(),
        };
        let [start, end] = [self.request.range.start, self.request.range.end]
            .map(|time| time.strftime("%Y-%m-%d %H:%M").to_string());
        match self.request.view {
            View::Periods(_) => format!("{whose}, up to {end}."),
            _ => format!("{whose}, from {start} until before {end}, UTC."),
        }
    }

    /// The way to the other views.
    fn views(&self, html: &mut Html) {
        html.element("nav", &[("aria-label", "Views")], |html| {
            for view in View::ALL {
                if view == self.request.view {
                    html.leaf("strong", &[], view.title());
                } else {
                    self.link(html, view.title(), &self.parameters(view));
                }
            }
        });
    }

    /// The parameters of a view of the same repository or team.
    fn parameters(&self, view: View) -> Value {
        let of = &self.request.of;
        json!({ "view": view.name(), "repository": of.repository, "team": of.team })
    }

    /// What chooses the repository or team.
    fn form(&self, html: &mut Html) {
        let of = &self.request.of;
        html.element("form", &[], |html| {
            html.element("label", &[], |html| {
                html.text("Repository ");
                let value = of.repository.as_deref().unwrap_or_default();
                html.void("input", &[("name", "repository"), ("size", "30"), ("value", value)]);
            });
            if !self.teams.0.is_empty() {
                html.element("label", &[], |html| {
                    html.text(" Team ");
                    html.element("select", &[("name", "team")], |html| {
                        html.leaf("option", &[("value", "")], "all");
                        for team in self.teams.0.keys() {
                            let chosen: &[_] = if of.team.as_ref() == Some(team) {
                                &[("selected", "selected")]
                            } else {
                                &[]
                            };
                            html.leaf("option", &[&[("value", team.as_str())], chosen].concat(), team);
                        }
                    });
                });
            }
            html.text(" ");
            self.button(html, "Show", "widget", &json!({ "view": self.request.view.name(), "form": true }));
            html.text(" ");
            let mut csv = self.parameters(self.request.view);
            csv["format"] = "csv".into();
            self.button(html, "CSV", "popup", &csv);
        });
    }

    fn pages(&self, html: &mut Html, table: &Table, page: usize, pages: usize) {
        html.leaf("strong", &[], &format!("Page {page} of {pages}, {} rows", table.rows.len()));
        for (name, other) in [("Newer", page - 1), ("Older", page + 1)] {
            if (1..=pages).contains(&other) {
                let name = if self.request.view == View::Slowest {
                    ["Slower", "Faster"][usize::from(other > page)]
                } else {
                    name
                };
                let mut parameters = self.parameters(self.request.view);
                parameters["page"] = other.into();
                self.link(html, name, &parameters);
            }
        }
    }

    /// A link that shows something else in the widget.
    fn link(&self, html: &mut Html, name: &str, parameters: &Value) {
        html.leaf("a", &[], name);
        self.action(html, "widget", parameters);
    }

    fn button(&self, html: &mut Html, name: &str, display: &'static str, parameters: &Value) {
        html.leaf("a", &[("class", "btn")], name);
        self.action(html, display, parameters);
    }

    /// What the element before does when it is clicked on. Source: CloudWatch user guide, "Custom widget: interactivity".
    fn action(&self, html: &mut Html, display: &'static str, parameters: &Value) {
        let attributes = [("action", "call"), ("display", display), ("endpoint", self.endpoint)];
        html.leaf("cwdb-action", &attributes, &parameters.to_string());
    }
}

/// The rows of a page, as many as fit.
fn rows(html: &mut Html, table: &Table, begin: usize) {
    html.element("table", &[], |html| {
        html.element("thead", &[], |html| {
            html.element("tr", &[], |html| {
                table.columns.iter().for_each(|name| html.leaf("th", &[("scope", "col")], name));
            });
        });
        html.element("tbody", &[], |html| {
            for row in table.rows.iter().skip(begin).take(ROWS) {
                if html.len() > MOST {
                    return;
                }
                html.element("tr", &[], |html| row.iter().for_each(|of| cell(html, of)));
            }
        });
    });
}

fn cell(html: &mut Html, cell: &Cell) {
    let class: &[_] = match cell.tone {
        Tone::Plain => &[],
        Tone::Good => &[("class", "good")],
        Tone::Bad => &[("class", "bad")],
    };
    html.element("td", class, |html| {
        let text = shortened(&cell.text);
        match &cell.link {
            Some(link) => outside(html, link, &text),
            None => html.text(&text),
        }
        if let Some((name, link)) = &cell.more {
            html.text(" ");
            outside(html, link, name);
        }
    });
}

fn outside(html: &mut Html, link: &str, text: &str) {
    html.leaf("a", &[("href", link), ("target", "_blank"), ("rel", "noopener noreferrer")], text);
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(CELL) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", &text[..end]),
    }
}
