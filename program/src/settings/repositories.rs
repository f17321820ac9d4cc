//! Settings about repositories: who owns them, which have metrics of their own, what they were called, who deploys them, and what
//! raises alarms.

use super::{
    Found, RepositoryAlarm,
    forms::{is_account, is_name},
    kind::{ACCOUNT, Kind, Within, length, typed},
    lists::{REPOSITORIES, Word, plain},
};
use metrics_lib::{datum::DimensionValue, fact, repository::GitName};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// The teams and the repositories that each owns.
pub(super) struct Teams;

const TEAMS: &str = "an object such as {\"payments\": [\"acme/shop\"]}, or a list such as \
     [{\"name\": \"payments\", \"repositories\": [\"acme/shop\"]}]";
/// Its figures would be missing without a word.
const TEAM: &str = "a team whose name CloudWatch can have as a dimension: 1 to 1,024 printable ASCII \
     characters, not all blank";
/// The same of a repository.
const REPOSITORY: &str = "a name that CloudWatch can have as a dimension: 1 to 1,024 printable ASCII \
     characters, not all blank";
/// The form of what CloudWatch takes as a dimension's value.
const DIMENSION: &str = "^[ -~]*[!-~][ -~]*$";

impl Kind for Teams {
    type Value = fact::Teams;

    fn allowed(&self) -> String {
        TEAMS.to_owned()
    }

    fn schema(&self) -> Value {
        let team = json!({
            "type": "object",
            "required": ["name", "repositories"],
            "properties": {"name": {"type": "string", "pattern": DIMENSION}, "repositories": REPOSITORIES.schema()},
        });
        json!({"anyOf": [
            {"type": "object", "propertyNames": {"pattern": DIMENSION}, "additionalProperties": REPOSITORIES.schema()},
            {"type": "array", "items": team},
        ]})
    }

    fn default(&self) -> Option<fact::Teams> {
        Some(fact::Teams::default())
    }

    fn parse(&self, given: &Value, within: &mut Within<'_>) -> Option<fact::Teams> {
        let teams = match given {
            Value::Object(teams) => teams.clone(),
            Value::Array(teams) => named(teams, within),
            _ => return None,
        };
        let owned = teams.into_iter().map(|(team, repositories)| {
            if DimensionValue::new(&team).is_err() {
                within.refuse(format!(".{team:?}"), Some(repositories.clone()), TEAM);
            }
            let owned = typed(&repositories).unwrap_or_else(|| {
                within.refuse(format!(".{team}"), Some(repositories), REPOSITORIES.allowed());
                BTreeSet::new()
            });
            (team, owned)
        });
        Some(fact::Teams(owned.collect()))
    }
}

/// Teams as a list of names and repositories, which some find easier to write.
fn named(teams: &[Value], within: &mut Within<'_>) -> Map<String, Value> {
    let mut named = Map::new();
    for (index, team) in teams.iter().enumerate() {
        match (team["name"].as_str(), team.get("repositories")) {
            (Some(name), Some(repositories)) => drop(named.insert(name.to_owned(), repositories.clone())),
            _ => within.refuse(format!("[{index}]"), Some(team.clone()), TEAMS),
        }
    }
    named
}

/// The repositories that have metrics of their own.
pub(super) struct OwnMetrics;

const OWN_METRICS: &str =
    "\"all\", \"none\", or a list such as [\"acme/shop\"] of names that CloudWatch can have as a dimension";

impl Kind for OwnMetrics {
    type Value = fact::RepositoryMetrics;

    fn allowed(&self) -> String {
        OWN_METRICS.to_owned()
    }

    fn schema(&self) -> Value {
        json!({"anyOf": [
            {"enum": ["all", "none"]},
            {"type": "array", "items": {"type": "string", "pattern": DIMENSION}},
        ]})
    }

    fn default(&self) -> Option<fact::RepositoryMetrics> {
        Some(fact::RepositoryMetrics::All)
    }

    fn parse(&self, given: &Value, _: &mut Within<'_>) -> Option<fact::RepositoryMetrics> {
        let of = fact::RepositoryMetrics::Of;
        match given.as_str() {
            Some("all") => Some(fact::RepositoryMetrics::All),
            Some("none") => Some(of(BTreeSet::new())),
            _ => typed(given)
                .filter(|names: &BTreeSet<String>| names.iter().all(|name| DimensionValue::new(name).is_ok()))
                .map(of),
        }
    }
}

/// A key of `aliases` with its value.
#[derive(Deserialize)]
#[serde(untagged)]
enum Alias {
    Today(Word),
    Former(BTreeSet<Word>),
}

/// The former names of repositories.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub(super) struct Aliases {
    /// The names of today, in the order in which they are given.
    pub(super) today: Vec<String>,
    /// Former names, and today's.
    pub(super) former: BTreeMap<GitName, String>,
}

impl Aliases {
    /// Takes note of a former name; whether it has no other name yet.
    fn add(&mut self, former: &str, today: &str) -> bool {
        // Who changes only the case of a name does not change the name.
        let (former, now) = (GitName::new(former), GitName::new(today));
        former == now
            || GitName::new(self.former.entry(former).or_insert_with(|| today.to_owned()).as_str()) == now
    }

    /// The name that a name leads to, over all that it had since; none if that is a circle.
    fn last(&self, former: &GitName) -> Option<&str> {
        let mut today = self.former.get(former)?;
        for _ in 0..self.former.len() {
            match self.former.get(&today.as_str().into()) {
                Some(next) => today = next,
                None => return Some(today),
            }
        }
        None
    }
}

/// The names that repositories had; each former name leads to the name of today.
pub(super) struct Former;

const ALIASES: &str = "an object such as {\"acme/store\": [\"acme/shop\"]}, a name and those before it, or \
     {\"acme/shop\": \"acme/store\"}, a former name and today's; a former name has one name of today, and leads to it";

impl Kind for Former {
    type Value = Aliases;

    fn allowed(&self) -> String {
        ALIASES.to_owned()
    }

    fn schema(&self) -> Value {
        let word = Word::schema();
        json!({"type": "object", "additionalProperties": {"anyOf": [word, {"type": "array", "items": word}]}})
    }

    fn default(&self) -> Option<Aliases> {
        Some(Aliases::default())
    }

    fn parse(&self, given: &Value, within: &mut Within<'_>) -> Option<Aliases> {
        let mut aliases = Aliases::default();
        within.entries(given, ALIASES, |name, value| {
            let pairs = match typed(value)? {
                Alias::Today(Word(today)) => vec![(name.to_owned(), today)],
                Alias::Former(former) => {
                    former.into_iter().map(|Word(former)| (former, name.to_owned())).collect()
                }
            };
            let is_new = pairs.iter().all(|(former, today)| {
                aliases.today.push(today.clone());
                DimensionValue::new(today).is_ok() && aliases.add(former, today)
            });
            is_new.then_some(())
        })?;
        let mut former = BTreeMap::new();
        for name in aliases.former.keys() {
            match aliases.last(name) {
                Some(today) => drop(former.insert(name.clone(), today.to_owned())),
                None => within.refuse(format!(".{name}"), Some(name.as_str().into()), ALIASES),
            }
        }
        aliases.former = former;
        Some(aliases)
    }

    fn shown(&self, _: &Aliases) -> String {
        "none".to_owned()
    }
}

/// The accounts whose deployments of a repository count.
pub(super) struct Deployers;

const DEPLOYERS: &str = "an object such as {\"acme/shop\": [\"111111111111\"]}, whose lists are not empty";

impl Kind for Deployers {
    type Value = BTreeMap<String, BTreeSet<String>>;

    fn allowed(&self) -> String {
        DEPLOYERS.to_owned()
    }

    fn schema(&self) -> Value {
        json!({
            "type": "object",
            "propertyNames": {"pattern": r"\S"},
            "additionalProperties": {"type": "array", "minItems": 1, "items": ACCOUNT.schema()},
        })
    }

    fn default(&self) -> Option<Self::Value> {
        Some(BTreeMap::new())
    }

    fn parse(&self, given: &Value, within: &mut Within<'_>) -> Option<Self::Value> {
        within.entries(given, DEPLOYERS, |name, value| {
            let accounts: BTreeSet<String> = plain(typed::<BTreeSet<Word>>(value)?);
            let is_valid = !accounts.is_empty() && accounts.iter().all(|account| is_account(account));
            (is_valid && is_name(name)).then_some(accounts)
        })
    }
}

/// The alarms that repositories' people have asked for.
pub(super) struct Alarms;

const ALARMS: &str = "a list such as [{\"repository\": \"acme/shop\", \"failureRateAbove\": 15, \
     \"leadTimeP90Above\": \"7d\"}], with a percentage from 0 to 100, a length of time, or both";

/// An entry of `repositoryAlarms`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Alarm {
    repository: String,
    failure_rate_above: Option<f64>,
    #[serde(rename = "leadTimeP90Above")]
    lead_time_p90_above: Option<String>,
}

impl Kind for Alarms {
    type Value = Vec<RepositoryAlarm>;

    fn allowed(&self) -> String {
        ALARMS.to_owned()
    }

    fn schema(&self) -> Value {
        let alarm = json!({
            "type": "object",
            "required": ["repository"],
            "minProperties": 2,
            "additionalProperties": false,
            "properties": {
                "repository": {"type": "string", "pattern": DIMENSION},
                "failureRateAbove": {"type": ["number", "null"], "minimum": 0, "exclusiveMaximum": 100},
                "leadTimeP90Above": {"type": ["string", "null"]},
            },
        });
        json!({"type": "array", "items": alarm})
    }

    fn default(&self) -> Option<Vec<RepositoryAlarm>> {
        Some(Vec::new())
    }

    fn parse(&self, given: &Value, within: &mut Within<'_>) -> Option<Vec<RepositoryAlarm>> {
        let mut read = Vec::new();
        for (index, alarm) in typed::<Vec<Alarm>>(given)?.into_iter().enumerate() {
            let Alarm { repository, failure_rate_above, lead_time_p90_above } = alarm;
            let percent = failure_rate_above.is_none_or(|percent| (0.0..100.0).contains(&percent));
            let longest = lead_time_p90_above.as_deref().map(length);
            if !percent || longest == Some(None) || (failure_rate_above.is_none() && longest.is_none()) {
                within.refuse(format!("[{index}]"), Some(repository.into()), ALARMS);
                continue;
            }
            if DimensionValue::new(&repository).is_err() {
                let found = Found::Value(repository.into());
                within.refuse(format!("[{index}].repository"), found, REPOSITORY);
                continue;
            }
            let lead_time_p90_above = longest.flatten();
            read.push(RepositoryAlarm { repository, failure_rate_above, lead_time_p90_above });
        }
        Some(read)
    }
}
