//! What somebody asks the widget for: the parameters of the widget or of a link in it, the form, and the time range of the
//! dashboard.

use crate::ledger::RETENTION;
use jiff::{SignedDuration, Timestamp};
use metrics_lib::{fact::Teams, repository::meant, window::Period};
use serde_json::Value;
use std::{collections::BTreeSet, ops::Range};

/// A call of the function.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Asked {
    /// What it is.
    Description,
    /// A table.
    Table(Request),
}

/// The table that is asked for.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Request {
    pub(super) view: View,
    pub(super) of: Whose,
    pub(super) range: Range<Timestamp>,
    /// The page, from 1.
    pub(super) page: usize,
    /// Whether it is wanted as CSV.
    pub(super) csv: bool,
}

/// What is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum View {
    Deployments,
    Failures,
    Incidents,
    Slowest,
    Parts,
    Excluded,
    Repositories,
    QuickCheck,
    Periods(Period),
}

/// Whose facts are asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Whose {
    pub(super) repository: Option<String>,
    pub(super) team: Option<String>,
}

/// The repositories whose facts are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Repositories<'a> {
    All,
    /// The one that a name [means](meant).
    One(&'a str),
    Owned(&'a BTreeSet<String>),
}

/// Something that is asked for and that there is not.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Unusable {
    #[error("There is no view {0}: {all} are the views", all = View::ALL.map(View::name).join(", "))]
    View(String),
    #[error("There is no team {team}: {}", known(.teams))]
    Team { team: String, teams: Vec<String> },
}

fn known(teams: &[String]) -> String {
    match teams {
        [] => "none is configured".to_owned(),
        teams => format!("{} are configured", teams.join(", ")),
    }
}

impl View {
    /// Every view, in the order in which they are offered.
    pub(super) const ALL: [Self; 11] = [
        Self::Deployments,
        Self::Failures,
        Self::Incidents,
        Self::Slowest,
        Self::Parts,
        Self::Excluded,
        Self::Repositories,
        Self::QuickCheck,
        Self::Periods(Period::Day),
        Self::Periods(Period::Week),
        Self::Periods(Period::Month),
    ];

    /// Its name as a parameter.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Deployments => "deployments",
            Self::Failures => "failures",
            Self::Incidents => "incidents",
            Self::Slowest => "slowest",
            Self::Parts => "parts",
            Self::Excluded => "excluded",
            Self::Repositories => "repositories",
            Self::QuickCheck => "quickCheck",
            Self::Periods(Period::Day) => "days",
            Self::Periods(Period::Week) => "weeks",
            Self::Periods(Period::Month) => "months",
        }
    }

    /// Its name for people.
    pub(super) const fn title(self) -> &'static str {
        match self {
            Self::Deployments => "Deployments",
            Self::Failures => "Failures",
            Self::Incidents => "Incidents",
            Self::Slowest => "Slowest changes",
            Self::Parts => "Where the time goes",
            Self::Excluded => "Not in the figures",
            Self::Repositories => "Repositories",
            Self::QuickCheck => "Quick Check",
            Self::Periods(Period::Day) => "Days",
            Self::Periods(Period::Week) => "Weeks",
            Self::Periods(Period::Month) => "Months",
        }
    }
}

impl Whose {
    /// The repositories that are meant.
    pub(super) fn repositories<'a>(&'a self, teams: &'a Teams) -> Result<Repositories<'a>, Unusable> {
        match (&self.repository, &self.team) {
            (Some(repository), _) => Ok(Repositories::One(repository)),
            (None, None) => Ok(Repositories::All),
            (None, Some(team)) => match teams.called(team) {
                Some((_, owned)) => Ok(Repositories::Owned(owned)),
                None => Err(Unusable::Team { team: team.clone(), teams: teams.0.keys().cloned().collect() }),
            },
        }
    }
}

impl Repositories<'_> {
    /// Whether nothing is left out.
    pub(super) const fn is_all(self) -> bool {
        matches!(self, Self::All)
    }

    /// Leaves those things that are shown; `repository` is that of a thing, if it has one.
    pub(super) fn retain<T>(self, things: &mut Vec<T>, repository: impl Fn(&T) -> Option<&str>) {
        match self {
            Self::All => {}
            Self::One(written) => {
                let name = meant(written, things.iter().filter_map(&repository)).map(str::to_owned);
                things.retain(|thing| name.is_some() && repository(thing) == name.as_deref());
            }
            Self::Owned(owned) => {
                things.retain(|thing| repository(thing).is_some_and(|name| owned.contains(name)));
            }
        }
    }
}

/// How far back is looked where the dashboard does not say.
const USUAL: SignedDuration = SignedDuration::from_hours(30 * 24);

impl Request {
    /// Reads an invocation's payload. Names and pages that nobody could mean are left out; a view that there is not is refused.
    ///
    /// # Errors
    /// [`Unusable::View`].
    pub(super) fn read(event: &Value, now: Timestamp) -> Result<Asked, Unusable> {
        if event["describe"].as_bool() == Some(true) {
            return Ok(Asked::Description);
        }
        let context = &event["widgetContext"];
        let form = &context["forms"]["all"];
        // A form's fields come with every link of the widget; only its own button asks for them.
        let is_form = event["form"].as_bool() == Some(true);
        let text = |names: [&str; 2]| {
            let given = if is_form {
                &form[names[0]]
            } else {
                names.map(|name| &event[name]).into_iter().find(|of| !of.is_null())?
            };
            given.as_str().map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned)
        };
        let view = match event["view"].as_str() {
            None => View::Deployments,
            Some(name) => View::ALL
                .into_iter()
                .find(|view| view.name() == name)
                .ok_or_else(|| Unusable::View(name.to_owned()))?,
        };
        Ok(Asked::Table(Self {
            view,
            of: Whose { repository: text(["repository", "Repository"]), team: text(["team", "Team"]) },
            range: range(&context["timeRange"], now),
            page: event["page"].as_u64().and_then(|page| usize::try_from(page).ok()).unwrap_or(1).max(1),
            csv: event["format"].as_str() == Some("csv"),
        }))
    }
}

/// The dashboard's time range, or what is zoomed in on; no more than the ledger keeps.
fn range(given: &Value, now: Timestamp) -> Range<Timestamp> {
    let instant = |range: &Value, name: &str| {
        range[name].as_i64().and_then(|time| Timestamp::from_millisecond(time).ok())
    };
    let of = |range: &Value| instant(range, "start").zip(instant(range, "end"));
    let (start, end) = of(&given["zoom"]).or_else(|| of(given)).unwrap_or((Timestamp::MIN, now));
    let earliest = |of: Timestamp, by: SignedDuration| of.checked_sub(by).unwrap_or(Timestamp::MIN);
    let end = end.min(now);
    let start =
        if start == Timestamp::MIN { earliest(end, USUAL) } else { start.max(earliest(now, RETENTION)) };
    start.min(end)..end
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn now() -> Timestamp {
        "2026-06-15T12:00:00Z".parse().unwrap()
    }

    fn read(event: &Value) -> Request {
        match Request::read(event, now()) {
            Ok(Asked::Table(request)) => request,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn descriptions() {
        assert_eq!(Request::read(&json!({ "describe": true }), now()), Ok(Asked::Description));
    }

    #[test]
    fn views() {
        for view in View::ALL {
            assert_eq!(read(&json!({ "view": view.name() })).view, view);
        }
        assert_eq!(read(&json!({})).view, View::Deployments);
        let unknown = Request::read(&json!({ "view": "<b>" }), now()).unwrap_err().to_string();
        assert!(unknown.starts_with("There is no view <b>: deployments, failures,"), "{unknown}");
    }

    #[test]
    fn whose() {
        fn check(event: &Value, repository: Option<&str>, team: Option<&str>) {
            let Whose { repository: found, team: of_team } = read(event).of;
            assert_eq!((found.as_deref(), of_team.as_deref()), (repository, team), "{event}");
        }
        let form = json!({ "forms": { "all": { "repository": " acme/cart ", "team": "" } } });
        check(&json!({ "Repository": "acme/shop" }), Some("acme/shop"), None);
        check(&json!({ "repository": "acme/shop", "team": "web" }), Some("acme/shop"), Some("web"));
        check(&json!({ "Team": "web", "Repository": "" }), None, Some("web"));
        // The form is asked for by its own button only.
        check(&json!({ "Repository": "acme/shop", "widgetContext": form }), Some("acme/shop"), None);
        check(
            &json!({ "form": true, "Repository": "acme/shop", "widgetContext": form }),
            Some("acme/cart"),
            None,
        );
        check(&json!({ "repository": 7 }), None, None);
    }

    #[test]
    fn ranges() {
        fn check(range: &Value, expected: [&str; 2]) {
            let found = read(&json!({ "widgetContext": { "timeRange": range } })).range;
            assert_eq!([found.start.to_string(), found.end.to_string()], expected, "{range}");
        }
        let at = |time: &str| time.parse::<Timestamp>().unwrap().as_millisecond();
        let june = json!({ "start": at("2026-06-01T00:00:00Z"), "end": at("2026-06-08T00:00:00Z") });
        check(&june, ["2026-06-01T00:00:00Z", "2026-06-08T00:00:00Z"]);
        let zoomed = json!({ "start": 0, "end": 1, "zoom": june });
        check(&zoomed, ["2026-06-01T00:00:00Z", "2026-06-08T00:00:00Z"]);
        // Not into the future, and not before what the ledger keeps.
        let wide = json!({ "start": at("2020-01-01T00:00:00Z"), "end": at("2030-01-01T00:00:00Z") });
        check(&wide, ["2025-03-17T12:00:00Z", "2026-06-15T12:00:00Z"]);
        let reversed = json!({ "start": at("2026-06-08T00:00:00Z"), "end": at("2026-06-01T00:00:00Z") });
        check(&reversed, ["2026-06-01T00:00:00Z", "2026-06-01T00:00:00Z"]);
        check(&Value::Null, ["2026-05-16T12:00:00Z", "2026-06-15T12:00:00Z"]);
        check(&json!({ "start": "x", "end": 1e30 }), ["2026-05-16T12:00:00Z", "2026-06-15T12:00:00Z"]);
    }

    #[test]
    fn pages() {
        for (page, expected) in
            [(json!(3), 3), (json!(0), 1), (json!(-1), 1), (json!("2"), 1), (Value::Null, 1)]
        {
            assert_eq!(read(&json!({ "page": page })).page, expected, "{page}");
        }
    }

    #[test]
    fn teams() {
        let teams: Teams = serde_json::from_value(json!({ "web": ["acme/shop"] })).unwrap();
        let of = |team: &str| Whose { team: Some(team.to_owned()), repository: None };
        let shown = |of: &Whose| {
            let mut names = vec![Some("acme/shop"), Some("acme/cart"), Some("Acme/Cart"), None];
            of.repositories(&teams).unwrap().retain(&mut names, |name| *name);
            names
        };
        assert_eq!(shown(&of("web")), [Some("acme/shop")]);
        assert_eq!(shown(&of("Web")), [Some("acme/shop")]);
        assert_eq!(shown(&Whose::default()).len(), 4);
        let of_repository = |name: &str| Whose { repository: Some(name.to_owned()), team: None };
        assert_eq!(shown(&of_repository("ACME/Shop")), [Some("acme/shop")]);
        assert_eq!(shown(&of_repository("acme/cart")), [Some("acme/cart")]);
        assert!(shown(&of_repository("acme/pay")).is_empty());
        let unknown = of("core").repositories(&teams).unwrap_err().to_string();
        assert_eq!(unknown, "There is no team core: web are configured");
    }
}
