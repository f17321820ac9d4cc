//! An AWS organisation, in the place of a list of its accounts.

use super::{
    forms::is_region,
    kind::{Kind, REGION, Within, typed},
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeSet;

const ORGANIZATION: &str = "an object such as {\"id\": \"o-a1b2c3d4e5\", \"regions\": [\"eu-west-1\"], \"paths\": \
     [\"o-a1b2c3d4e5/r-ab12/ou-ab12-11111111/*\"]}; without paths, every account of the organisation counts";

/// An AWS organisation: its accounts run pipelines, whichever there are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Organization {
    /// Its id: `o-a1b2c3d4e5`.
    pub id: String,
    /// The regions whose pipelines and `OpsItem`s count, in every account.
    pub regions: BTreeSet<String>,
    /// The paths of the organisational units whose accounts count; all if there is none. Their form is that of
    /// `aws:PrincipalOrgPaths`; one that ends with `/*` means what is below it, too.
    #[serde(default)]
    pub paths: BTreeSet<String>,
}

impl Organization {
    /// Source: AWS Organizations API reference, `Organization`; IAM user guide, `aws:PrincipalOrgPaths`.
    fn is_valid(&self) -> bool {
        let word = |text: &str, prefix: &str, length: std::ops::RangeInclusive<usize>| {
            text.strip_prefix(prefix).is_some_and(|rest| {
                length.contains(&rest.len())
                    && rest.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
            })
        };
        let is_unit = |part: &str| {
            part.strip_prefix("ou-")
                .and_then(|rest| rest.split_once('-'))
                .is_some_and(|(root, unit)| word(root, "", 4..=32) && word(unit, "", 8..=32))
        };
        let is_path = |path: &String| {
            let mut parts = path.split('/');
            let organization = parts.next() == Some(&self.id);
            let root = parts.next().is_some_and(|root| word(root, "r-", 4..=32));
            let mut units: Vec<&str> = parts.collect();
            let ends = matches!(units.pop(), Some("" | "*"));
            organization && root && ends && units.into_iter().all(is_unit)
        };
        word(&self.id, "o-", 10..=32) && !self.regions.is_empty() && self.paths.iter().all(is_path)
    }
}

/// The organisation whose accounts run pipelines.
pub(super) struct Members;

impl Kind for Members {
    type Value = Option<Organization>;

    fn allowed(&self) -> String {
        ORGANIZATION.to_owned()
    }

    fn schema(&self) -> Value {
        json!({
            "type": "object",
            "required": ["id", "regions"],
            "additionalProperties": false,
            "properties": {
                "id": {"type": "string", "pattern": "^o-[a-z0-9]{10,32}$"},
                "regions": {"type": "array", "minItems": 1, "items": REGION.schema()},
                "paths": {"type": "array", "items": {"type": "string", "pattern": "^o-[a-z0-9]+/r-[a-z0-9]+/(ou-[a-z0-9-]+/)*[*]?$"}},
            },
        })
    }

    fn default(&self) -> Option<Option<Organization>> {
        Some(None)
    }

    fn parse(&self, given: &Value, within: &mut Within<'_>) -> Option<Option<Organization>> {
        let organization = typed(given).filter(Organization::is_valid)?;
        for region in organization.regions.iter().filter(|region| !is_region(region)) {
            within.refuse(".regions", Some(region.as_str().into()), REGION.allowed);
        }
        Some(Some(organization))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_and_paths() {
        fn check(id: &str, paths: &[&str], expected: bool) {
            let organization = Organization {
                id: id.to_owned(),
                regions: BTreeSet::from(["eu-west-1".to_owned()]),
                paths: paths.iter().map(ToString::to_string).collect(),
            };
            assert_eq!(organization.is_valid(), expected, "{id} {paths:?}");
        }
        const ID: &str = "o-a1b2c3d4e5";
        check(ID, &[], true);
        check(ID, &["o-a1b2c3d4e5/r-ab12/"], true);
        check(ID, &["o-a1b2c3d4e5/r-ab12/*"], true);
        check(ID, &["o-a1b2c3d4e5/r-ab12/ou-ab12-11111111/ou-ab12-22222222/*"], true);
        check("a1b2c3d4e5", &[], false);
        check("o-short", &[], false);
        check("o-A1B2C3D4E5", &[], false);
        // Of another organisation.
        check(ID, &["o-zzzzzzzzzz/r-ab12/*"], false);
        // An account can't be a member of every path, nor of a unit that is not within the root.
        check(ID, &["*"], false);
        check(ID, &["o-a1b2c3d4e5/ou-ab12-11111111/*"], false);
        // Without a slash or star at its end, a path matches no account.
        check(ID, &["o-a1b2c3d4e5/r-ab12/ou-ab12-11111111"], false);
    }
}
