//! Settings of what is production: stages, and what is otherwise in single repositories and pipelines.

use super::{
    forms::is_name,
    kind::{Kind, Within, typed},
    lists::{Word, plain},
};
use metrics_lib::{repository::GitName, rules::Exception};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Something, or a list of it.
#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMore {
    One(Word),
    More(Vec<Word>),
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

/// The stages that are production.
pub(super) struct Stages;

const STAGES: &str = "the name of a stage, or a list of them in order, such as [\"Wave1\", \"Wave2\"]";

impl Kind for Stages {
    type Value = Vec<String>;

    fn allowed(&self) -> String {
        STAGES.to_owned()
    }

    fn schema(&self) -> Value {
        let word = Word::schema();
        json!({"anyOf": [word, {"type": "array", "minItems": 1, "uniqueItems": true, "items": word}]})
    }

    fn default(&self) -> Option<Vec<String>> {
        Some(vec!["Production".to_owned()])
    }

    fn parse(&self, given: &Value, _: &mut Within<'_>) -> Option<Vec<String>> {
        typed::<OneOrMore>(given)?.names()
    }
}

/// What is otherwise in some repositories or pipelines, by name.
pub(super) enum Exceptions {
    /// By a repository's name, whose case makes no other name.
    OfRepositories,
    /// By a pipeline's name or a pattern.
    OfPipelines,
}

impl Exceptions {
    const fn words(&self) -> &'static str {
        match self {
            Self::OfRepositories => {
                "an object such as {\"acme/shop\": {\"mainBranch\": \"master\", \"productionStage\": \"Live\", \
                 \"sourceAction\": \"App\"}}; each of the three may be left out, a stage may be a list of them, and a \
                 repository is named once"
            }
            Self::OfPipelines => {
                "an object such as {\"shop-*\": {\"mainBranch\": \"master\", \"productionStage\": \"Live\", \
                 \"sourceAction\": \"App\"}}; each of the three may be left out, and a stage may be a list of them"
            }
        }
    }
}

/// A value of `repositoryOverrides` or `pipelineOverrides`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Given {
    main_branch: Option<Word>,
    production_stage: Option<OneOrMore>,
    source_action: Option<Word>,
}

impl Given {
    fn exception(self) -> Option<Exception> {
        let Self { main_branch, production_stage, source_action } = self;
        let production_stages = match production_stage {
            Some(stages) => Some(stages.names()?),
            None => None,
        };
        let [main_branch, source_action] =
            [main_branch, source_action].map(|text| text.map(|Word(text)| text));
        Some(Exception { main_branch, production_stages, source_action })
    }
}

impl Kind for Exceptions {
    type Value = BTreeMap<String, Exception>;

    fn allowed(&self) -> String {
        self.words().to_owned()
    }

    fn schema(&self) -> Value {
        let or_null = |schema: Value| json!({"anyOf": [schema, {"type": "null"}]});
        let exception = json!({
            "type": "object",
            "additionalProperties": false,
            "properties": {
                "mainBranch": or_null(Word::schema()),
                "productionStage": or_null(Stages.schema()),
                "sourceAction": or_null(Word::schema()),
            },
        });
        json!({"type": "object", "propertyNames": {"pattern": r"\S"}, "additionalProperties": exception})
    }

    fn default(&self) -> Option<Self::Value> {
        Some(BTreeMap::new())
    }

    fn parse(&self, given: &Value, within: &mut Within<'_>) -> Option<Self::Value> {
        let mut names = BTreeSet::new();
        within.entries(given, self.words(), |name, value| {
            let is_new = match self {
                Self::OfRepositories => names.insert(GitName::new(name)),
                Self::OfPipelines => true,
            };
            typed::<Given>(value)?.exception().filter(|_| is_new && is_name(name))
        })
    }
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
