//! Settings about accounts: which run pipelines, and which have incidents only.

use super::{
    ToolingAccount,
    forms::{is_account, is_region},
    kind::{ACCOUNT, Kind, REGION, Within, typed},
    lists::{Word, plain},
};
use metrics_lib::{datum::DimensionValue, place::Place};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// The accounts that run pipelines. Whether there may be none, the setting of the organisation decides.
pub(super) struct ToolingAccounts;

pub(super) const TOOLING: &str = "a list that is not empty, such as [{\"account\": \"111111111111\", \"regions\": [\"eu-west-1\"]}], unless there is an organization";

impl Kind for ToolingAccounts {
    type Value = Vec<ToolingAccount>;

    fn allowed(&self) -> String {
        TOOLING.to_owned()
    }

    fn schema(&self) -> Value {
        let account = json!({
            "type": "object",
            "required": ["account", "regions"],
            "additionalProperties": false,
            "properties": {"account": ACCOUNT.schema(), "regions": {"type": "array", "minItems": 1, "items": REGION.schema()}},
        });
        json!({"type": "array", "minItems": 1, "items": account})
    }

    fn default(&self) -> Option<Vec<ToolingAccount>> {
        Some(Vec::new())
    }

    fn parse(&self, given: &Value, within: &mut Within<'_>) -> Option<Vec<ToolingAccount>> {
        let accounts = given.as_array().filter(|accounts| !accounts.is_empty())?;
        let mut merged: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for (index, value) in accounts.iter().enumerate() {
            let Some(account) = typed::<ToolingAccount>(value) else {
                within.refuse(format!("[{index}]"), Some(value.clone()), TOOLING);
                continue;
            };
            if !is_account(&account.account) {
                let found = Some(account.account.clone().into());
                within.refuse(format!("[{index}].account"), found, ACCOUNT.allowed);
            }
            if account.regions.is_empty() {
                within.refuse(format!("[{index}].regions"), Some(json!([])), TOOLING);
            }
            for region in account.regions.iter().filter(|region| !is_region(region)) {
                within.refuse(format!("[{index}].regions"), Some(region.as_str().into()), REGION.allowed);
            }
            merged.entry(account.account).or_default().extend(account.regions);
        }
        let account = |(account, regions)| ToolingAccount { account, regions };
        Some(merged.into_iter().map(account).collect())
    }
}

/// A value of `incidentAccounts`.
#[derive(Deserialize)]
#[serde(untagged)]
enum Given {
    MayBlame(BTreeSet<Word>),
    #[serde(rename_all = "camelCase")]
    Whole {
        #[serde(default)]
        regions: BTreeSet<String>,
        may_blame: BTreeSet<Word>,
    },
}

/// What is said of the accounts whose incidents are blamed on other accounts.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub(super) struct IncidentAccounts {
    /// What the `OpsItem`s of each may be blamed on.
    pub(super) may_blame: BTreeMap<String, BTreeSet<String>>,
    /// The regions that are given.
    regions: BTreeMap<String, BTreeSet<String>>,
}

impl IncidentAccounts {
    /// The accounts and regions whose `OpsItem`s count though no pipelines do. Without regions, an account without
    /// pipelines counts in the installation's own.
    pub(super) fn places(&self, tooling: &[ToolingAccount], ops: &Place) -> Vec<ToolingAccount> {
        let place = |(account, given): (&String, &BTreeSet<String>)| {
            let known = tooling.iter().find(|tooling| tooling.account == *account);
            let mut regions = given.clone();
            if regions.is_empty() && known.is_none() {
                regions.insert(ops.region.clone());
            }
            regions.retain(|region| {
                !known.is_some_and(|tooling| tooling.regions.contains(region))
                    && (account, region) != (&ops.account, &ops.region)
            });
            (!regions.is_empty()).then(|| ToolingAccount { account: account.clone(), regions })
        };
        self.regions.iter().filter_map(place).collect()
    }
}

/// What the `OpsItem`s of accounts may be blamed on.
pub(super) struct Blame;

const BLAME: &str = "an object such as {\"333333333333\": [\"111111111111\", \"acme/shop\"]}, the accounts and \
     repositories that may be blamed, or {\"333333333333\": {\"regions\": [\"eu-west-1\"], \"mayBlame\": [\"acme/shop\"]}}";
const BLAMED: &str = "an account id of 12 digits, or the name of a repository";

impl Kind for Blame {
    type Value = IncidentAccounts;

    fn allowed(&self) -> String {
        BLAME.to_owned()
    }

    fn schema(&self) -> Value {
        let words = json!({"type": "array", "items": Word::schema()});
        let whole = json!({
            "type": "object",
            "required": ["mayBlame"],
            "properties": {"regions": {"type": "array", "items": REGION.schema()}, "mayBlame": words},
        });
        json!({
            "type": "object",
            "propertyNames": {"pattern": ACCOUNT.pattern},
            "additionalProperties": {"anyOf": [words, whole]},
        })
    }

    fn default(&self) -> Option<IncidentAccounts> {
        Some(IncidentAccounts::default())
    }

    fn parse(&self, given: &Value, within: &mut Within<'_>) -> Option<IncidentAccounts> {
        let read = within.entries(given, BLAME, |_, value| {
            let (regions, may_blame) = match typed(value)? {
                Given::MayBlame(may_blame) => (BTreeSet::new(), may_blame),
                Given::Whole { regions, may_blame } => (regions, may_blame),
            };
            Some((regions, plain::<BTreeSet<String>>(may_blame)))
        })?;
        let mut accounts = IncidentAccounts::default();
        for (account, (regions, may_blame)) in read {
            if !is_account(&account) {
                within.refuse(format!(".{account}"), Some(account.as_str().into()), ACCOUNT.allowed);
            }
            for region in regions.iter().filter(|region| !is_region(region)) {
                let found = Some(region.as_str().into());
                within.refuse(format!(".{account}.regions"), found, REGION.allowed);
            }
            for blamed in may_blame.iter().filter(|blamed| !is_account_or_repository(blamed)) {
                within.refuse(format!(".{account}"), Some(blamed.as_str().into()), BLAMED);
            }
            accounts.may_blame.insert(account.clone(), may_blame);
            accounts.regions.insert(account, regions);
        }
        Some(accounts)
    }

    fn shown(&self, _: &IncidentAccounts) -> String {
        "none".to_owned()
    }
}

/// Whether something can be blamed: digits that are no account id are one that is misspelt.
fn is_account_or_repository(text: &str) -> bool {
    is_account(text) || (DimensionValue::new(text).is_ok() && !text.bytes().all(|byte| byte.is_ascii_digit()))
}
