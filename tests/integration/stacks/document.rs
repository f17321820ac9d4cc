//! A document to look things up in.

use serde_json::{Map, Value};

/// The resources of a document, by logical name.
#[derive(Clone, Debug)]
pub(super) struct Resources(pub(super) Map<String, Value>);

impl Resources {
    pub(super) fn of(document: &Value) -> Self {
        Self(document["resources"].as_object().unwrap().clone())
    }

    /// The resources of a type, each with its properties.
    pub(super) fn of_type<'a>(&'a self, token: &'a str) -> impl Iterator<Item = (&'a str, &'a Value)> {
        self.0
            .iter()
            .filter(move |(_, resource)| resource["type"] == token)
            .map(|(name, resource)| (name.as_str(), &resource["properties"]))
    }

    /// The logical name of the resource that a text refers to, whichever output of it.
    pub(super) fn referred(&self, value: &Value) -> Option<&str> {
        let (_, rest) = value.as_str()?.split_once("${")?;
        let name = rest.split(['.', '}']).next()?;
        self.0.get_key_value(name).map(|(name, _)| name.as_str())
    }

    /// Every policy: the resource's logical name and the statements.
    pub(super) fn policies(&self) -> Vec<(&str, Vec<&Value>)> {
        let mut policies = Vec::new();
        for (name, resource) in &self.0 {
            for property in ["policy", "assumeRolePolicy"] {
                let policy = &resource["properties"][property]["fn::toJSON"];
                if let Some(statements) = policy["Statement"].as_array() {
                    policies.push((name.as_str(), statements.iter().collect()));
                }
            }
        }
        policies
    }
}

/// The texts of a value that is a text or a list of texts.
pub(super) fn texts(value: &Value) -> Vec<&str> {
    match value {
        Value::Array(values) => values.iter().filter_map(Value::as_str).collect(),
        value => value.as_str().into_iter().collect(),
    }
}
