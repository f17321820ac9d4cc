//! Reads the values of a configuration and keeps every problem, so that all are reported at once.

use super::{Found, InvalidSettings, Problem, RepositoryAlarm, ToolingAccount};
use crate::levels::{InvalidLevel, Levels};
use jiff::{SignedDuration, Span, SpanRelativeTo};
use metrics_lib::{datum::DimensionValue, fact::Teams};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Map, Value};
use std::{
    collections::{BTreeMap, BTreeSet},
    net::IpAddr,
};

pub(super) const ACCOUNT: &str = "an account id as text, 12 digits";
pub(super) const REGION: &str = "a region such as \"eu-west-1\"";
pub(super) const NAME: &str = "a text that is not empty";
pub(super) const NAMES: &str = "a list of texts, such as [\"acme/shop\"]";
pub(super) const TOOLING: &str = "a list that is not empty, such as [{\"account\": \"111111111111\", \"regions\": [\"eu-west-1\"]}], unless there is an organization";
pub(super) const TEAMS: &str = "an object such as {\"payments\": [\"acme/shop\"]}, or a list such as \
     [{\"name\": \"payments\", \"repositories\": [\"acme/shop\"]}]";
pub(super) const DURATION: &str = "a length of time such as \"24h\", \"PT15M\" or a number of seconds (as text from 60 on, or 0), at most 90 days";
pub(super) const DELAY: &str = "a length of time such as \"15min\", \"PT15M\" or a number of seconds (as text from 60 on, or 0), at most 1 day";
pub(super) const OVERLAP: &str = "a length of time such as \"24h\", \"PT24H\" or a number of seconds (as text from 60 on, or 0), at most 7 days";
pub(super) const LOOKBACK: &str = "a length of time such as \"90d\", \"PT2160H\" or a number of seconds (as text from 60 on, or 0), at most 1 year";
pub(super) const SECRET: &str = "a text that is not empty; set it with `pulumi config set --secret`";
/// Its figures would be missing without a word.
pub(super) const TEAM: &str = "a team whose name CloudWatch can have as a dimension: 1 to 1,024 printable ASCII \
     characters, not all blank";
pub(super) const REPOSITORY: &str = "a name that CloudWatch can have as a dimension: 1 to 1,024 printable ASCII \
     characters, not all blank";
pub(super) const SWITCH: &str = "true or false";
pub(super) const PREFIX: &str = "1 to 16 lower-case letters, digits and hyphens, beginning with a letter and not ending with a hyphen, nor what S3 keeps \
     for itself: xn--, sthree-, amzn-s3-demo-";
pub(super) const CIDRS: &str = "a list of ranges of addresses, such as [\"192.30.252.0/22\"]";
pub(super) const EMAILS: &str = "a list of addresses, such as [\"dora@example.com\"]";
pub(super) const TAGS: &str = "an object of texts, such as {\"cost-center\": \"42\"}: at most 48, with keys of up to 128 \
     characters that don't begin with aws:, and values of up to 256, of letters, digits, blanks and _.:/=+-@";
pub(super) const URL: &str = "an address such as \"https://example.com/docs/METRICS.md\"";
pub(super) const RETENTION: &str = "a number of days that CloudWatch Logs knows, such as 30, 90, 365 or 731";

pub(super) const ALARMS: &str = "a list such as [{\"repository\": \"acme/shop\", \"failureRateAbove\": 15, \
     \"leadTimeP90Above\": \"7d\"}], with a percentage from 0 to 100, a length of time, or both";

/// An entry of `repositoryAlarms`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct WireAlarm {
    repository: String,
    failure_rate_above: Option<f64>,
    #[serde(rename = "leadTimeP90Above")]
    lead_time_p90_above: Option<String>,
}

/// What the names of all resources start with, unless `prefix` says something else.
pub const DEFAULT_PREFIX: &str = "dora";
/// The longest prefix: S3's names have 63 characters, IAM's 64.
pub const LONGEST_PREFIX: usize = 16;
/// What no bucket's name may begin with. Source: Amazon S3 user guide, "General purpose bucket naming rules".
const RESERVED: [&str; 3] = ["xn--", "sthree-", "amzn-s3-demo-"];
/// Tags that AWS takes on every type of resource, beside the two of the installation itself. Source: AWS General Reference,
/// "Tag naming limits and requirements".
const MAX_TAGS: usize = 48;
/// How long CloudWatch Logs can keep a log, in days.
const RETENTIONS: [u32; 22] =
    [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653];

pub(super) fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether a text is formed like a region's name: `eu-west-1`.
pub fn is_region(text: &str) -> bool {
    let mut parts = text.split('-');
    let allowed = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase());
    let number =
        parts.next_back().is_some_and(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()));
    number && parts.clone().count() >= 2 && parts.all(allowed)
}

/// A length of time in weeks, days of 24 hours, and smaller units: `90d`, `P90D`, `PT15M`.
fn length(text: &str) -> Option<SignedDuration> {
    text.parse::<Span>().ok()?.to_duration(SpanRelativeTo::days_are_24_hours()).ok()
}

pub(super) fn is_name(text: &str) -> bool {
    !text.trim().is_empty()
}

pub(super) fn is_prefix(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    text.len() <= LONGEST_PREFIX
        && text.bytes().all(allowed)
        && text.bytes().next().is_some_and(|byte| byte.is_ascii_lowercase())
        && !text.ends_with('-')
        && !RESERVED.iter().any(|reserved| format!("{text}-").starts_with(reserved))
}

fn is_cidr(text: &str) -> bool {
    let Some((address, bits)) = text.split_once('/') else { return false };
    let (Ok(address), Ok(bits)) = (address.parse::<IpAddr>(), bits.parse::<u8>()) else { return false };
    bits <= if address.is_ipv4() { 32 } else { 128 }
}

/// An address that Markdown takes as it is.
fn is_url(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_graphic() && !b"()<>\"\\".contains(&byte);
    text.strip_prefix("https://").is_some_and(|rest| !rest.is_empty() && rest.bytes().all(allowed))
}

fn are_tags(tags: &BTreeMap<String, String>) -> bool {
    let allowed = |text: &str| text.chars().all(|c| c.is_alphanumeric() || " _.:/=+-@".contains(c));
    let is_key = |key: &str| {
        (1..=128).contains(&key.chars().count())
            && allowed(key)
            && !key.to_ascii_lowercase().starts_with("aws:")
    };
    let is_value = |value: &str| value.chars().count() <= 256 && allowed(value);
    tags.len() <= MAX_TAGS && tags.iter().all(|(key, value)| is_key(key) && is_value(value))
}

fn is_email(text: &str) -> bool {
    text.split_once('@').is_some_and(|(name, domain)| !name.is_empty() && domain.contains('.'))
}

/// Reads the values of a configuration and keeps every problem, so that all are reported at once.
pub(super) struct Reader<'a> {
    object: &'a Map<String, Value>,
    problems: Vec<Problem>,
    read: BTreeSet<&'static str>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(object: &'a Map<String, Value>) -> Self {
        Self { object, problems: Vec::new(), read: BTreeSet::new() }
    }

    /// What was read, if every value could be.
    pub(super) fn finish<T>(self, settings: T) -> Result<T, InvalidSettings> {
        if self.problems.is_empty() { Ok(settings) } else { Err(self.problems()) }
    }

    /// Every value that can't be used.
    pub(super) fn problems(self) -> InvalidSettings {
        InvalidSettings(self.problems)
    }

    pub(super) fn get(&mut self, key: &'static str) -> Option<Value> {
        self.read.insert(key);
        self.object.get(key).filter(|value| !value.is_null()).cloned()
    }

    pub(super) fn refuse(&mut self, key: impl Into<String>, found: impl Into<Found>, allowed: &'static str) {
        self.problems.push(Problem { key: key.into(), found: found.into(), allowed });
    }

    pub(super) fn checked(
        &mut self,
        key: &'static str,
        default: Option<&str>,
        allowed: &'static str,
        is_valid: fn(&str) -> bool,
    ) -> String {
        match (self.get(key), default) {
            (Some(Value::String(text)), _) if is_valid(&text) => return text,
            (None, Some(default)) => return default.into(),
            (value, _) => self.refuse(key, value, allowed),
        }
        String::new()
    }

    /// Whether a secret is given. Its value is never part of a problem.
    pub(super) fn secret(&mut self, key: &'static str) -> bool {
        match self.get(key) {
            None => false,
            Some(Value::String(text)) if is_name(&text) => true,
            Some(value) => {
                let found = if value.is_string() { "empty" } else { "no text" };
                self.refuse(key, Found::Secret(found), SECRET);
                false
            }
        }
    }

    pub(super) fn switch(&mut self, key: &'static str, default: bool) -> bool {
        self.typed(key, SWITCH, |_| true).unwrap_or(default)
    }

    pub(super) fn log_retention(&mut self, key: &'static str, default: u32) -> u32 {
        self.days(key, default, RETENTION, |days| RETENTIONS.contains(&days))
    }

    /// A number of days, as number or as text.
    pub(super) fn days(
        &mut self,
        key: &'static str,
        default: u32,
        allowed: &'static str,
        is_valid: impl Fn(u32) -> bool,
    ) -> u32 {
        let number = |text: &str| text.parse::<u32>().ok().map(Value::from);
        let value = match self.get(key) {
            None => return default,
            Some(Value::String(text)) => number(&text).unwrap_or(Value::String(text)),
            Some(value) => value,
        };
        match value.as_u64().and_then(|days| u32::try_from(days).ok()).filter(|&days| is_valid(days)) {
            Some(days) => days,
            None => {
                self.refuse(key, Found::Value(value), allowed);
                default
            }
        }
    }

    pub(super) fn cidrs(&mut self, key: &'static str) -> BTreeSet<String> {
        self.texts(key, CIDRS, is_cidr)
    }

    /// Ranges of addresses, some unless others are given.
    pub(super) fn cidrs_or(&mut self, key: &'static str, default: &[&str]) -> BTreeSet<String> {
        match self.get(key) {
            Some(_) => self.cidrs(key),
            None => default.iter().map(|&range| range.to_owned()).collect(),
        }
    }

    pub(super) fn emails(&mut self, key: &'static str) -> BTreeSet<String> {
        self.texts(key, EMAILS, is_email)
    }

    pub(super) fn tags(&mut self, key: &'static str) -> BTreeMap<String, String> {
        self.typed(key, TAGS, are_tags).unwrap_or_default()
    }

    pub(super) fn url(&mut self, key: &'static str) -> Option<String> {
        self.typed(key, URL, |url: &String| is_url(url))
    }

    pub(super) fn level_bands(&mut self, key: &'static str) -> Levels {
        let Some(value) = self.get(key) else { return Levels::default() };
        Levels::from_json(value).unwrap_or_else(|InvalidLevel { path, value, allowed }| {
            self.refuse(format!("{key}{path}"), Some(value), allowed);
            Levels::default()
        })
    }

    pub(super) fn repository_alarms(&mut self, key: &'static str) -> Vec<RepositoryAlarm> {
        let alarms: Vec<WireAlarm> = self.typed(key, ALARMS, |_| true).unwrap_or_default();
        let mut read = Vec::new();
        for (index, alarm) in alarms.into_iter().enumerate() {
            let WireAlarm { repository, failure_rate_above, lead_time_p90_above } = alarm;
            let percent = failure_rate_above.is_none_or(|percent| (0.0..100.0).contains(&percent));
            let longest = lead_time_p90_above.as_deref().map(length);
            if !percent || longest == Some(None) || (failure_rate_above.is_none() && longest.is_none()) {
                let value = Some(repository.into());
                self.refuse(format!("{key}[{index}]"), value, ALARMS);
                continue;
            }
            if DimensionValue::new(&repository).is_err() {
                let key = format!("{key}[{index}].repository");
                self.refuse(key, Found::Value(repository.into()), REPOSITORY);
                continue;
            }
            let lead_time_p90_above = longest.flatten();
            read.push(RepositoryAlarm { repository, failure_rate_above, lead_time_p90_above });
        }
        read
    }

    fn texts(
        &mut self,
        key: &'static str,
        allowed: &'static str,
        is_valid: fn(&str) -> bool,
    ) -> BTreeSet<String> {
        let valid = |texts: &BTreeSet<String>| texts.iter().all(|text| is_valid(text));
        self.typed(key, allowed, valid).unwrap_or_default()
    }

    /// A value of a type; none if it is not given, or refused.
    pub(super) fn typed<T: DeserializeOwned>(
        &mut self,
        key: &'static str,
        allowed: &'static str,
        is_valid: impl FnOnce(&T) -> bool,
    ) -> Option<T> {
        let value = self.get(key)?;
        match serde_json::from_value::<T>(value.clone()) {
            Ok(typed) if is_valid(&typed) => Some(typed),
            _ => {
                self.refuse(key, Some(value), allowed);
                None
            }
        }
    }

    pub(super) fn names(&mut self, key: &'static str) -> BTreeSet<String> {
        match self.get(key) {
            None => BTreeSet::new(),
            Some(value) => self.list(key, value, NAMES),
        }
    }

    fn list(&mut self, key: &str, value: Value, allowed: &'static str) -> BTreeSet<String> {
        serde_json::from_value(value.clone()).unwrap_or_else(|_| {
            self.refuse(key, Some(value), allowed);
            BTreeSet::new()
        })
    }

    pub(super) fn tooling_accounts(&mut self, are_optional: bool) -> Vec<ToolingAccount> {
        const KEY: &str = "toolingAccounts";
        let accounts = match self.get(KEY) {
            Some(Value::Array(accounts)) if !accounts.is_empty() => accounts,
            None if are_optional => return Vec::new(),
            value => {
                self.refuse(KEY, value, TOOLING);
                return Vec::new();
            }
        };
        let mut merged: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for (index, value) in accounts.into_iter().enumerate() {
            let Ok(account) = serde_json::from_value::<ToolingAccount>(value.clone()) else {
                self.refuse(format!("{KEY}[{index}]"), Some(value), TOOLING);
                continue;
            };
            if !is_account(&account.account) {
                self.refuse(format!("{KEY}[{index}].account"), Some(account.account.clone().into()), ACCOUNT);
            }
            if account.regions.is_empty() {
                self.refuse(format!("{KEY}[{index}].regions"), Some(Value::Array(Vec::new())), TOOLING);
            }
            for region in account.regions.iter().filter(|region| !is_region(region)) {
                self.refuse(format!("{KEY}[{index}].regions"), Some(region.as_str().into()), REGION);
            }
            merged.entry(account.account).or_default().extend(account.regions);
        }
        merged.into_iter().map(|(account, regions)| ToolingAccount { account, regions }).collect()
    }

    pub(super) fn teams(&mut self) -> Teams {
        const KEY: &str = "teams";
        let teams = match self.get(KEY) {
            None => Map::new(),
            Some(Value::Object(teams)) => teams,
            Some(Value::Array(teams)) => self.named_teams(teams),
            value => {
                self.refuse(KEY, value, TEAMS);
                Map::new()
            }
        };
        let owned = teams.into_iter().map(|(team, repositories)| {
            if DimensionValue::new(&team).is_err() {
                self.refuse(format!("{KEY}.{team:?}"), Found::Value(repositories.clone()), TEAM);
            }
            let repositories = self.list(&format!("{KEY}.{team}"), repositories, NAMES);
            (team, repositories)
        });
        Teams(owned.collect())
    }

    /// Teams as a list of names and repositories, which some find easier to write.
    fn named_teams(&mut self, teams: Vec<Value>) -> Map<String, Value> {
        let mut named = Map::new();
        for (index, team) in teams.into_iter().enumerate() {
            match (team["name"].as_str(), team.get("repositories")) {
                (Some(name), Some(repositories)) => drop(named.insert(name.to_owned(), repositories.clone())),
                _ => self.refuse(format!("teams[{index}]"), Some(team), TEAMS),
            }
        }
        named
    }

    pub(super) fn duration(
        &mut self,
        key: &'static str,
        default: i64,
        longest: i64,
        allowed: &'static str,
    ) -> SignedDuration {
        let Some(value) = self.get(key) else { return SignedDuration::from_secs(default) };
        let duration = match &value {
            Value::Number(seconds) => seconds.as_i64().map(SignedDuration::from_secs),
            // A few seconds without a unit are most likely hours or minutes.
            Value::String(text) => length(text).or_else(|| {
                let seconds = text.parse().ok().filter(|seconds| *seconds == 0 || *seconds >= 60);
                seconds.map(SignedDuration::from_secs)
            }),
            _ => None,
        };
        match duration.filter(|length| (0..=longest).contains(&length.as_secs()) && !length.is_negative()) {
            Some(duration) => duration,
            None => {
                self.refuse(key, Some(value), allowed);
                SignedDuration::ZERO
            }
        }
    }

    pub(super) fn unknown_keys(&self) -> Vec<String> {
        self.object.keys().filter(|key| !self.read.contains(key.as_str())).cloned().collect()
    }
}
