//! Reads what an installation decides: what is production, what is rework, which incidents count, and what repositories
//! are called.

use super::{
    Found, ToolingAccount, account,
    reader::{ACCOUNT, NAME, REGION, Reader, is_account, is_name, is_region},
};
use metrics_lib::{
    datum::DimensionValue,
    repository::GitName,
    rules::{Exception, IncidentRule, ProductionRule, ReworkRule, Unnamed},
};
use serde::{Deserialize, Deserializer, de::Error};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

const STAGES: &str = "the name of a stage, or a list of them in order, such as [\"Wave1\", \"Wave2\"]";
const EXCEPTIONS: &str = "an object such as {\"acme/shop\": {\"mainBranch\": \"master\", \"productionStage\": \"Live\", \
     \"sourceAction\": \"App\"}}; each of the three may be left out, a stage may be a list of them, and a repository is \
     named once";
const PATTERNS: &str = "a list of pipelines' names or patterns, such as [\"*-dev\"]";
const PREFIXES: &str = "a list of texts that are not empty, such as [\"hotfix/\"]";
const VALUES: &str = "a list of texts that are not empty, such as [\"/aws/issue\"]; all if it is empty";
const WAIT: &str = "a duration from 0 to 4 days, such as \"1h\" or \"PT30M\"";
const UNNAMED: &str = "\"latest\" or \"unattributed\"";
const INCIDENT_ACCOUNTS: &str = "an object such as {\"333333333333\": [\"111111111111\", \"acme/shop\"]}, the accounts and \
     repositories that may be blamed, or {\"333333333333\": {\"regions\": [\"eu-west-1\"], \"mayBlame\": [\"acme/shop\"]}}";
const BLAMED: &str = "an account id of 12 digits, or the name of a repository";
const ALIASES: &str = "an object such as {\"acme/store\": [\"acme/shop\"]}, a name and those before it, or \
     {\"acme/shop\": \"acme/store\"}, a former name and today's; a former name has one name of today, and leads to it";
const ACCOUNTS: &str = "an object such as {\"acme/shop\": [\"111111111111\"]}, whose lists are not empty";

/// A text, or the number that `pulumi config set --path` makes of digits.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Text(String);

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match account(deserializer)? {
            text if is_name(&text) => Ok(Self(text)),
            _ => Err(D::Error::custom("a text is not empty")),
        }
    }
}

/// Texts without what they are wrapped in.
fn plain<T: FromIterator<String>>(texts: impl IntoIterator<Item = Text>) -> T {
    texts.into_iter().map(|Text(text)| text).collect()
}

/// Something, or a list of it.
#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMore {
    One(Text),
    More(Vec<Text>),
}

impl OneOrMore {
    /// The names; none if there are none, or one of them is there twice.
    fn names(self) -> Option<Vec<String>> {
        let names: Vec<String> = match self {
            Self::One(name) => plain([name]),
            Self::More(names) => plain(names),
        };
        let different: BTreeSet<&String> = names.iter().collect();
        (!names.is_empty() && different.len() == names.len()).then_some(names)
    }
}

/// A value of `repositoryOverrides` or `pipelineOverrides`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct WireException {
    main_branch: Option<Text>,
    production_stage: Option<OneOrMore>,
    source_action: Option<Text>,
}

impl WireException {
    fn read(value: Value) -> Option<Exception> {
        let Self { main_branch, production_stage, source_action } = serde_json::from_value(value).ok()?;
        let production_stages = match production_stage {
            Some(stages) => Some(stages.names()?),
            None => None,
        };
        let [main_branch, source_action] =
            [main_branch, source_action].map(|text| text.map(|Text(text)| text));
        Some(Exception { main_branch, production_stages, source_action })
    }
}

/// A value of `incidentAccounts`.
#[derive(Deserialize)]
#[serde(untagged)]
enum WireIncidentAccount {
    MayBlame(BTreeSet<Text>),
    #[serde(rename_all = "camelCase")]
    Whole {
        #[serde(default)]
        regions: BTreeSet<String>,
        may_blame: BTreeSet<Text>,
    },
}

/// What is said of the accounts whose incidents are blamed on other accounts.
pub(super) struct IncidentAccounts {
    /// What the `OpsItem`s of each may be blamed on.
    pub(super) may_blame: BTreeMap<String, BTreeSet<String>>,
    /// The regions that are given.
    regions: BTreeMap<String, BTreeSet<String>>,
}

impl IncidentAccounts {
    /// The accounts and regions whose `OpsItem`s count though no pipelines do. Without regions, an account without
    /// pipelines counts in the installation's own.
    pub(super) fn places(&self, tooling: &[ToolingAccount], ops: (&str, &str)) -> Vec<ToolingAccount> {
        let place = |(account, given): (&String, &BTreeSet<String>)| {
            let known = tooling.iter().find(|tooling| tooling.account == *account);
            let mut regions = given.clone();
            if regions.is_empty() && known.is_none() {
                regions.insert(ops.1.to_owned());
            }
            regions.retain(|region| {
                !known.is_some_and(|tooling| tooling.regions.contains(region))
                    && (account.as_str(), region.as_str()) != ops
            });
            (!regions.is_empty()).then(|| ToolingAccount { account: account.clone(), regions })
        };
        self.regions.iter().filter_map(place).collect()
    }
}

/// A key of `aliases` with its value.
#[derive(Deserialize)]
#[serde(untagged)]
enum WireAlias {
    Today(Text),
    Former(BTreeSet<Text>),
}

/// The former names of repositories.
#[derive(Default)]
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

impl Reader<'_> {
    /// What is production.
    pub(super) fn production(&mut self) -> ProductionRule {
        ProductionRule {
            main_branch: self.checked("mainBranch", Some("main"), NAME, is_name),
            production_stages: self.stages("productionStage"),
            trunk_based: self.names("trunkBasedRepositories"),
            repositories: self.exceptions("repositoryOverrides", true),
            pipelines: self.exceptions("pipelineOverrides", false),
            excluded_pipelines: self.filled("excludedPipelines", PATTERNS).unwrap_or_default(),
        }
    }

    fn stages(&mut self, key: &'static str) -> Vec<String> {
        let Some(value) = self.get(key) else { return vec!["Production".to_owned()] };
        let stages = serde_json::from_value(value.clone()).ok().and_then(OneOrMore::names);
        stages.unwrap_or_else(|| {
            self.refuse(key, Some(value), STAGES);
            Vec::new()
        })
    }

    /// What is otherwise, by name; of repositories, the case does not make another name.
    fn exceptions(&mut self, key: &'static str, is_folded: bool) -> BTreeMap<String, Exception> {
        let mut names = BTreeSet::new();
        self.entries(key, EXCEPTIONS, |name, value| {
            let is_new = !is_folded || names.insert(GitName::new(name));
            WireException::read(value).filter(|_| is_new && is_name(name))
        })
    }

    /// What is rework.
    pub(super) fn rework(&mut self) -> ReworkRule {
        let default = ReworkRule::default();
        ReworkRule {
            branches: self.filled("reworkBranches", PREFIXES).unwrap_or(default.branches),
            messages: self.filled("reworkMessages", PREFIXES).unwrap_or(default.messages),
        }
    }

    /// The types of `OpsItem`s that are incidents.
    pub(super) fn incident_types(&mut self) -> BTreeSet<String> {
        self.filled("incidentTypes", VALUES).unwrap_or_else(|| IncidentRule::default().types)
    }

    /// Which incidents count.
    pub(super) fn incidents(&mut self, accounts: &IncidentAccounts) -> IncidentRule {
        IncidentRule {
            unnamed: self.typed::<Unnamed>("unnamedIncidents", UNNAMED, |_| true).unwrap_or_default(),
            accounts: accounts.may_blame.clone(),
            unread_wait: self.duration("unreadableAccountWait", 3600, 4 * 24 * 3600, WAIT),
            types: self.incident_types(),
            sources: self.filled("incidentSources", VALUES).unwrap_or_default(),
            categories: self.filled("incidentCategories", VALUES).unwrap_or_default(),
            severities: self.filled("incidentSeverities", VALUES).unwrap_or_default(),
        }
    }

    /// `incidentAccounts`.
    pub(super) fn incident_accounts(&mut self) -> IncidentAccounts {
        const KEY: &str = "incidentAccounts";
        let read = self.entries(KEY, INCIDENT_ACCOUNTS, |_, value| {
            let (regions, may_blame) = match serde_json::from_value(value).ok()? {
                WireIncidentAccount::MayBlame(may_blame) => (BTreeSet::new(), may_blame),
                WireIncidentAccount::Whole { regions, may_blame } => (regions, may_blame),
            };
            Some((regions, plain::<BTreeSet<String>>(may_blame)))
        });
        let mut accounts = IncidentAccounts { may_blame: BTreeMap::new(), regions: BTreeMap::new() };
        for (account, (regions, may_blame)) in read {
            if !is_account(&account) {
                self.refuse(format!("{KEY}.{account}"), Found::Value(account.as_str().into()), ACCOUNT);
            }
            for region in regions.iter().filter(|region| !is_region(region)) {
                self.refuse(format!("{KEY}.{account}.regions"), Some(region.as_str().into()), REGION);
            }
            for blamed in may_blame.iter().filter(|blamed| !is_account_or_repository(blamed)) {
                self.refuse(format!("{KEY}.{account}"), Some(blamed.as_str().into()), BLAMED);
            }
            accounts.may_blame.insert(account.clone(), may_blame);
            accounts.regions.insert(account, regions);
        }
        accounts
    }

    /// `aliases`: each former name leads to the name of today.
    pub(super) fn aliases(&mut self) -> Aliases {
        const KEY: &str = "aliases";
        let mut aliases = Aliases::default();
        self.entries(KEY, ALIASES, |name, value| {
            let pairs = match serde_json::from_value(value).ok()? {
                WireAlias::Today(Text(today)) => vec![(name.to_owned(), today)],
                WireAlias::Former(former) => {
                    former.into_iter().map(|Text(former)| (former, name.to_owned())).collect()
                }
            };
            let is_new = pairs.iter().all(|(former, today)| {
                aliases.today.push(today.clone());
                DimensionValue::new(today).is_ok() && aliases.add(former, today)
            });
            is_new.then_some(())
        });
        let mut former = BTreeMap::new();
        for name in aliases.former.keys() {
            match aliases.last(name) {
                Some(today) => drop(former.insert(name.clone(), today.to_owned())),
                None => self.refuse(format!("{KEY}.{name}"), Some(name.as_str().into()), ALIASES),
            }
        }
        aliases.former = former;
        aliases
    }

    /// `repositoryAccounts`: whose deployments count.
    pub(super) fn repository_accounts(&mut self) -> BTreeMap<String, BTreeSet<String>> {
        self.entries("repositoryAccounts", ACCOUNTS, |name, value| {
            let accounts: BTreeSet<Text> = serde_json::from_value(value).ok()?;
            let accounts: BTreeSet<String> = plain(accounts);
            let is_valid = !accounts.is_empty() && accounts.iter().all(|account| is_account(account));
            (is_valid && is_name(name)).then_some(accounts)
        })
    }

    /// A list of texts that are not empty.
    fn filled(&mut self, key: &'static str, allowed: &'static str) -> Option<BTreeSet<String>> {
        self.typed::<BTreeSet<Text>>(key, allowed, |_| true).map(plain)
    }

    /// The members of an object, as far as they can be read.
    fn entries<T>(
        &mut self,
        key: &'static str,
        allowed: &'static str,
        mut read: impl FnMut(&str, Value) -> Option<T>,
    ) -> BTreeMap<String, T> {
        let object = match self.get(key) {
            None => Map::new(),
            Some(Value::Object(object)) => object,
            value => {
                self.refuse(key, value, allowed);
                Map::new()
            }
        };
        let mut entries = BTreeMap::new();
        for (name, value) in object {
            match read(&name, value.clone()) {
                Some(entry) => drop(entries.insert(name, entry)),
                None => self.refuse(format!("{key}.{name}"), Some(value), allowed),
            }
        }
        entries
    }
}

/// Whether something can be blamed: digits that are no account id are one that is misspelt.
fn is_account_or_repository(text: &str) -> bool {
    is_account(text) || (DimensionValue::new(text).is_ok() && !text.bytes().all(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use crate::settings::Settings;
    use serde_json::{Value, json};

    fn read(changes: &Value) -> Result<Settings, String> {
        let mut config = json!({
            "toolingAccounts": [{"account": "111111111111", "regions": ["eu-west-1"]}],
            "opsAccount": "999999999999",
            "region": "eu-west-1",
        });
        for (key, value) in changes.as_object().unwrap() {
            config[key] = value.clone();
        }
        Settings::from_json(&config).map_err(|problem| problem.to_string())
    }

    /// What is made of each key, as the functions get it.
    #[test]
    fn rules() {
        fn check(changes: Value, rule: fn(&Settings) -> Value, expected: Value) {
            let settings = read(&changes).unwrap_or_else(|problem| panic!("{problem}"));
            assert_eq!(rule(&settings), expected, "{changes}");
        }
        let production = |settings: &Settings| json!(settings.production);
        let plain = json!({"mainBranch": "main", "productionStages": ["Production"]});
        let with = |key: &str, value: Value| {
            let mut rule = plain.clone();
            rule[key] = value;
            rule
        };
        check(json!({}), production, plain.clone());
        check(json!({"productionStage": "Live"}), production, with("productionStages", json!(["Live"])));
        check(
            json!({"productionStage": ["W1", "W2"]}),
            production,
            with("productionStages", json!(["W1", "W2"])),
        );
        check(
            json!({"repositoryOverrides": {"acme/shop":
                {"mainBranch": "master", "productionStage": "Live", "sourceAction": "App"}}}),
            production,
            with(
                "repositories",
                json!({"acme/shop": {"mainBranch": "master", "productionStages": ["Live"], "sourceAction": "App"}}),
            ),
        );
        check(
            json!({"pipelineOverrides": {"shop-*": {"productionStage": ["W1", "W2"]}}}),
            production,
            with("pipelines", json!({"shop-*": {"productionStages": ["W1", "W2"]}})),
        );
        check(
            json!({"excludedPipelines": ["*-dev"]}),
            production,
            with("excludedPipelines", json!(["*-dev"])),
        );
        let rework = |settings: &Settings| json!(settings.rework);
        check(
            json!({"reworkBranches": ["fix/"]}),
            rework,
            json!({"branches": ["fix/"], "messages": ["Reapply \"", "Revert \""]}),
        );
        check(
            json!({"reworkBranches": [], "reworkMessages": []}),
            rework,
            json!({"branches": [], "messages": []}),
        );
        let incidents = |settings: &Settings| json!(settings.incidents);
        check(json!({}), incidents, json!({"unnamed": "latest", "types": ["/aws/issue"]}));
        check(
            json!({"unnamedIncidents": "unattributed", "incidentTypes": [], "incidentSources": ["EC2"],
                "incidentCategories": ["Availability"], "incidentSeverities": [1, "2"]}),
            incidents,
            json!({"unnamed": "unattributed", "types": [], "sources": ["EC2"], "categories": ["Availability"],
                "severities": ["1", "2"]}),
        );
        let repositories = |settings: &Settings| json!(settings.repositories);
        let renamed = json!({"spellings": ["acme/store"], "aliases": {"acme/Shop": "acme/store"}});
        check(json!({"aliases": {"acme/store": ["acme/Shop"]}}), repositories, renamed.clone());
        check(json!({"aliases": {"acme/Shop": "acme/store"}}), repositories, renamed);
        check(
            json!({"aliases": {"acme/a": "acme/b", "acme/b": "acme/c"}}),
            repositories,
            json!({"spellings": ["acme/c"], "aliases": {"acme/a": "acme/c", "acme/b": "acme/c"}}),
        );
        check(
            json!({"repositoryAccounts": {"acme/shop": [111_111_111_111_u64], "acme/Shop": ["222222222222"]}}),
            repositories,
            json!({"spellings": ["acme/Shop"], "accounts": {"acme/Shop": ["111111111111", "222222222222"]}}),
        );
    }

    /// One repository has one name everywhere.
    #[test]
    fn names_of_repositories() {
        let settings = read(&json!({
            "teams": {"a": ["acme/Shop", "acme/old"], "b": ["ACME/shop", "acme/shop"]},
            "trunkBasedRepositories": ["acme/shop", "acme/Web"],
            "repositories": ["acme/WEB", "acme/docs", "acme/old"],
            "repositoryOverrides": {"ACME/DOCS": {"sourceAction": "App"}},
            "aliases": {"acme/STORE": ["acme/Old"]},
            "repositoryAlarms": [{"repository": "acme/store", "failureRateAbove": 15}],
            "incidentAccounts": {"333333333333": ["acme/web", "acme/OLD"]},
        }))
        .unwrap();
        assert_eq!(json!(settings.teams), json!({"a": ["acme/STORE", "acme/Shop"], "b": ["acme/Shop"]}));
        assert_eq!(json!(settings.production.trunk_based), json!(["acme/Shop", "acme/Web"]));
        assert_eq!(json!(settings.dashboards.repositories), json!(["acme/Web", "acme/docs", "acme/old"]));
        assert!(settings.production.repositories.contains_key("acme/docs"));
        assert_eq!(settings.operations.repository_alarms[0].repository, "acme/STORE");
        assert_eq!(json!(settings.incidents.accounts), json!({"333333333333": ["acme/STORE", "acme/Web"]}));
        assert_eq!(json!(settings.repositories.spellings), json!(["acme/docs"]));
    }

    /// Where `OpsItem`s count though no pipelines do.
    #[test]
    fn incident_places() {
        fn check(accounts: Value, expected: Value) {
            let settings = read(&json!({"incidentAccounts": accounts})).unwrap();
            assert_eq!(json!(settings.incident_places), expected, "{accounts}");
        }
        let place = |account: &str, region: &str| json!([{"account": account, "regions": [region]}]);
        check(json!({"333333333333": ["acme/shop"]}), place("333333333333", "eu-west-1"));
        check(json!({"111111111111": ["acme/shop"]}), json!([]));
        check(json!({"999999999999": ["acme/shop"]}), json!([]));
        let elsewhere = json!({"regions": ["eu-west-1", "us-east-1"], "mayBlame": ["acme/shop"]});
        check(json!({"111111111111": elsewhere.clone()}), place("111111111111", "us-east-1"));
        check(json!({"999999999999": elsewhere}), place("999999999999", "us-east-1"));
    }

    #[test]
    fn refused() {
        fn check(key: &str, value: Value, place: &str) {
            let problem = read(&json!({key: value})).err().unwrap_or_else(|| panic!("{key} is taken"));
            assert!(
                problem.starts_with(&format!("{place} is ")) && problem.contains(", allowed is "),
                "{problem}"
            );
        }
        check("productionStage", json!([]), "productionStage");
        check("productionStage", json!(["W1", "W1"]), "productionStage");
        check("productionStage", json!(""), "productionStage");
        check("productionStage", json!({}), "productionStage");
        for key in ["repositoryOverrides", "pipelineOverrides"] {
            check(key, json!([]), key);
            check(key, json!({"x": "Live"}), &format!("{key}.x"));
            check(key, json!({"x": {"branch": "main"}}), &format!("{key}.x"));
            check(key, json!({"x": {"productionStage": []}}), &format!("{key}.x"));
            check(key, json!({"x": {"mainBranch": ""}}), &format!("{key}.x"));
        }
        check("repositoryOverrides", json!({"A": {}, "a": {}}), "repositoryOverrides.a");
        for key in
            ["excludedPipelines", "reworkBranches", "reworkMessages", "incidentTypes", "incidentSources"]
        {
            check(key, json!("x"), key);
            check(key, json!([""]), key);
        }
        check("incidentCategories", json!({}), "incidentCategories");
        check("incidentSeverities", json!([true]), "incidentSeverities");
        check("unnamedIncidents", json!("all"), "unnamedIncidents");
        check("incidentAccounts", json!(["333333333333"]), "incidentAccounts");
        check("incidentAccounts", json!({"333": ["acme/shop"]}), "incidentAccounts.333");
        check("incidentAccounts", json!({"333333333333": "acme/shop"}), "incidentAccounts.333333333333");
        check("incidentAccounts", json!({"333333333333": ["1111"]}), "incidentAccounts.333333333333");
        check(
            "incidentAccounts",
            json!({"333333333333": {"regions": ["eu"], "mayBlame": []}}),
            "incidentAccounts.333333333333.regions",
        );
        check("aliases", json!(["acme/shop"]), "aliases");
        check("aliases", json!({"acme/store": 5.5}), "aliases.acme/store");
        check("aliases", json!({"a": ["c"], "b": ["c"]}), "aliases.b");
        check("aliases", json!({"a": "b", "b": "a"}), "aliases.a");
        check("repositoryAccounts", json!({"acme/shop": "111111111111"}), "repositoryAccounts.acme/shop");
        check("repositoryAccounts", json!({"acme/shop": []}), "repositoryAccounts.acme/shop");
        check("repositoryAccounts", json!({"acme/shop": ["1"]}), "repositoryAccounts.acme/shop");
    }
}
