//! Turns a pattern's JSON into rules without `$or`.

use super::{
    InvalidPattern,
    json::Json,
    matcher::Matcher,
    operators::{self, Dialect},
};
use std::collections::BTreeMap;

/// What each field has to match, all of them; in the order in which event-ruler tests them.
pub(super) type Rule = BTreeMap<String, Vec<Matcher>>;

/// The most fields that event-ruler accepts in one rule.
const MOST_FIELDS: usize = 256;

/// Names that are no field's below `$or`, since an expression there is more likely a mistake.
const RESERVED: [&str; 24] = [
    "exactly",
    "equals-ignore-case",
    "prefix",
    "suffix",
    "anything-but",
    "exists",
    "wildcard",
    "numeric",
    "cidr",
    "=",
    "<",
    "<=",
    ">",
    ">=",
    "regex",
    "not-wildcard",
    "not-equals-ignore-case",
    "date-after",
    "date-on-or-after",
    "date-before",
    "date-on-or-before",
    "in-date-range",
    "ip-address-in-range",
    "ip-address-not-in-range",
];

/// Compiles a pattern: an event matches when it matches one of the rules.
///
/// What is no pattern with `$or` as an alternative may be one with a field of that name.
pub(super) fn compile(pattern: &Json) -> Result<Vec<Rule>, InvalidPattern> {
    let rules = Compiler::new(Dialect::Or)
        .compile(pattern)
        .or_else(|error| Compiler::new(Dialect::Plain).compile(pattern).map_err(|_| error))?;
    if rules.iter().any(|rule| rule.len() > MOST_FIELDS) {
        return Err(InvalidPattern::new("", "more than 256 fields"));
    }
    Ok(rules)
}

struct Compiler<'a> {
    dialect: Dialect,
    path: Vec<&'a str>,
    below_or: bool,
}

impl<'a> Compiler<'a> {
    fn new(dialect: Dialect) -> Self {
        Self { dialect, path: vec![], below_or: false }
    }

    fn compile(mut self, pattern: &'a Json) -> Result<Vec<Rule>, InvalidPattern> {
        let Json::Object(members) = pattern else {
            return Err(InvalidPattern::new("", "a pattern is an object"));
        };
        self.object(vec![Rule::new()], members)
    }

    /// Adds an object's fields to every rule. A field that is there already is replaced, so the last one counts.
    fn object(
        &mut self,
        mut rules: Vec<Rule>,
        members: &'a [(String, Json)],
    ) -> Result<Vec<Rule>, InvalidPattern> {
        if members.is_empty() {
            return Err(self.refuse("an empty object"));
        }
        for (name, member) in members {
            if name == "$or" && self.dialect == Dialect::Or {
                rules = self.alternatives(&rules, member)?;
                continue;
            }
            self.path.push(name);
            if self.below_or && RESERVED.contains(&name.as_str()) {
                return Err(self.refuse("a reserved name below $or"));
            }
            rules = match member {
                Json::Object(members) => self.object(rules, members)?,
                Json::Array(entries) => self.field(rules, entries)?,
                _ => return Err(self.refuse("a field takes a list or an object")),
            };
            self.path.pop();
        }
        Ok(rules)
    }

    /// Makes of each rule as many as there are alternatives.
    fn alternatives(&mut self, rules: &[Rule], alternatives: &'a Json) -> Result<Vec<Rule>, InvalidPattern> {
        let Json::Array(alternatives) = alternatives else {
            return Err(self.refuse("$or takes a list"));
        };
        if alternatives.len() < 2 {
            return Err(self.refuse("$or takes at least two objects"));
        }
        let outside = std::mem::replace(&mut self.below_or, true);
        let mut all = vec![];
        for alternative in alternatives {
            let Json::Object(members) = alternative else {
                return Err(self.refuse("$or takes objects only"));
            };
            all.extend(self.object(rules.to_vec(), members)?);
        }
        self.below_or = outside;
        Ok(all)
    }

    fn field(&self, mut rules: Vec<Rule>, entries: &[Json]) -> Result<Vec<Rule>, InvalidPattern> {
        if entries.is_empty() {
            return Err(self.refuse("an empty list"));
        }
        let mut matchers = vec![];
        for entry in entries {
            let entry = operators::entry(self.dialect, entry);
            matchers.extend(entry.map_err(|reason| self.refuse(reason))?);
        }
        for rule in &mut rules {
            rule.insert(self.path.join("."), matchers.clone());
        }
        Ok(rules)
    }

    fn refuse(&self, reason: &'static str) -> InvalidPattern {
        InvalidPattern::new(&self.path.join("."), reason)
    }
}
