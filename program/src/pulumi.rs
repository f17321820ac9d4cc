//! A stack as Pulumi YAML: resources with typed properties, and references between them.
//!
//! JSON is valid YAML, so the document is JSON. Texts in it are templates: `${bus.arn}` is an output of the resource
//! `bus`, and makes it a dependency. Literal texts are escaped, so that only a [`Handle`] can make a reference.
//! Source: Pulumi YAML language reference.

use metrics_lib::place::Place;
use serde::Serialize;
use serde_json::{Map, Value, json};
use std::{
    collections::BTreeMap,
    marker::PhantomData,
    ops::{Add, Not},
};

/// The version of the AWS provider that the stacks are written for.
pub(crate) const PROVIDER_VERSION: &str = "7.40.0";

/// A text of the document: literals and references.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub(crate) struct Text(String);

impl From<&str> for Text {
    fn from(literal: &str) -> Self {
        Self(literal.replace("${", "$${"))
    }
}

impl From<String> for Text {
    fn from(literal: String) -> Self {
        literal.as_str().into()
    }
}

impl From<&String> for Text {
    fn from(literal: &String) -> Self {
        literal.as_str().into()
    }
}

impl Text {
    /// A reference to something that the stack does not have: a document with one can't be written.
    pub(crate) fn missing(what: &str) -> Self {
        Self(format!("${{{what}}}"))
    }
}

impl<T: Into<Text>> Add<T> for Text {
    type Output = Self;

    fn add(self, other: T) -> Self {
        Self(self.0 + &other.into().0)
    }
}

/// A type of resources, with its properties.
pub(crate) trait Resource: Serialize {
    /// The type's token: `aws:sqs/queue:Queue`.
    const TYPE: &'static str;
    /// Whether it can be tagged.
    const TAGGED: bool;
}

/// A resource of the document, for others to refer to.
#[derive(Debug)]
pub(crate) struct Handle<R> {
    name: String,
    properties: PhantomData<fn() -> R>,
}

impl<R> Clone for Handle<R> {
    fn clone(&self) -> Self {
        Self { name: self.name.clone(), properties: PhantomData }
    }
}

impl<R> Handle<R> {
    /// The resource itself, for options.
    pub(crate) fn itself(&self) -> Text {
        Text(format!("${{{}}}", self.name))
    }

    /// Its id.
    pub(crate) fn id(&self) -> Text {
        self.output("id")
    }

    /// Its ARN.
    pub(crate) fn arn(&self) -> Text {
        self.output("arn")
    }

    /// Its name in AWS.
    pub(crate) fn name(&self) -> Text {
        self.output("name")
    }

    /// An output.
    pub(crate) fn output(&self, output: &str) -> Text {
        Text(format!("${{{}.{output}}}", self.name))
    }
}

/// How the engine treats a resource.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Options {
    /// What must be there before it, and gone only after it, beside what its properties refer to.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) depends_on: Vec<Text>,
    /// Whether the engine refuses to delete it.
    #[serde(skip_serializing_if = "Not::not")]
    pub(crate) protect: bool,
    /// Whether it stays in AWS when it leaves the stack.
    #[serde(skip_serializing_if = "Not::not")]
    pub(crate) retain_on_delete: bool,
}

impl Options {
    /// Depends on other resources.
    pub(crate) fn after(resources: impl IntoIterator<Item = Text>) -> Self {
        Self { depends_on: resources.into_iter().collect(), ..Self::default() }
    }

    /// Holds data: the engine refuses to delete it.
    pub(crate) fn protected() -> Self {
        Self { protect: true, ..Self::default() }
    }

    /// Holds data that a change of the configuration may take out of the stack: the engine refuses that, and where somebody
    /// has unprotected it, it stays in AWS.
    pub(crate) fn kept() -> Self {
        Self { retain_on_delete: true, ..Self::protected() }
    }
}

/// A value as JSON in a text, such as a policy: it is written out in the document, and put together by the engine.
#[derive(Debug, Serialize)]
pub(crate) struct Json<T> {
    #[serde(rename = "fn::toJSON")]
    value: T,
}

impl<T> Json<T> {
    /// The value itself.
    pub(crate) fn into_inner(self) -> T {
        self.value
    }

    /// A value that may hold references.
    pub(crate) fn of(value: T) -> Self {
        Self { value }
    }
}

impl Json<Value> {
    /// A value without references.
    pub(crate) fn literal(mut value: Value) -> Self {
        escape(&mut value);
        Self { value }
    }
}

/// A folder or archive of this machine.
#[derive(Debug, Serialize)]
pub(crate) struct FileArchive {
    #[serde(rename = "fn::fileArchive")]
    path: &'static str,
}

impl FileArchive {
    /// What lies at a path, relative to the project's folder.
    pub(crate) const fn at(path: &'static str) -> Self {
        Self { path }
    }
}

/// A document that can't be written.
#[derive(Debug, thiserror::Error)]
pub enum DocumentError {
    /// Two resources have one name.
    #[error("two resources are called {0}")]
    Twice(String),
    /// A reference to what is not part of the stack.
    #[error("{from} refers to {to}, which is not part of the stack")]
    Dangling {
        /// The resource or output that refers.
        from: String,
        /// What it refers to.
        to: String,
    },
    /// Properties that are no JSON.
    #[error("the properties of {0} can't be written")]
    Properties(String, #[source] serde_json::Error),
}

/// The document of a stack.
#[derive(Debug)]
pub(crate) struct Document {
    tags: BTreeMap<String, String>,
    resources: Map<String, Value>,
    outputs: BTreeMap<&'static str, Text>,
    secrets: Vec<&'static str>,
    /// The first thing that went wrong.
    error: Option<DocumentError>,
}

impl Document {
    /// A document with the AWS provider of an account and region; every resource that can be is tagged.
    pub(crate) fn new(Place { account, region }: &Place, tags: BTreeMap<String, String>) -> Self {
        let mut document =
            Self { tags, resources: Map::new(), outputs: BTreeMap::new(), secrets: Vec::new(), error: None };
        let properties = json!({"allowedAccountIds": [Text::from(account.as_str())], "region": Text::from(region.as_str())});
        document.resources.insert("aws".into(), provider(&properties));
        document
    }

    /// Adds a resource.
    pub(crate) fn add<R: Resource>(&mut self, name: impl Into<String>, properties: R) -> Handle<R> {
        self.add_with(name, properties, Options::default())
    }

    /// Adds a resource with options.
    pub(crate) fn add_with<R: Resource>(
        &mut self,
        name: impl Into<String>,
        properties: R,
        options: Options,
    ) -> Handle<R> {
        let name = name.into();
        match self.resource(properties, options) {
            Ok(resource) => {
                if self.resources.insert(name.clone(), resource).is_some() {
                    self.error.get_or_insert(DocumentError::Twice(name.clone()));
                }
            }
            Err(error) => {
                self.error.get_or_insert(DocumentError::Properties(name.clone(), error));
            }
        }
        Handle { name, properties: PhantomData }
    }

    fn resource<R: Resource>(&self, properties: R, options: Options) -> Result<Value, serde_json::Error> {
        let mut properties = serde_json::to_value(properties)?;
        if R::TAGGED {
            properties["tags"] = json!(self.tags);
        }
        let mut resource = json!({
            "type": R::TYPE,
            "properties": properties,
            "options": serde_json::to_value(options)?,
        });
        strip(&mut resource);
        Ok(resource)
    }

    /// The properties of a resource, for what has to change whenever they do.
    pub(crate) fn properties<R>(&self, Handle { name, .. }: &Handle<R>) -> Json<Value> {
        Json::of(self.resources.get(name).map_or(Value::Null, |resource| resource["properties"].clone()))
    }

    /// Adds an output of the stack.
    pub(crate) fn output(&mut self, name: &'static str, value: impl Into<Text>) {
        self.outputs.insert(name, value.into());
    }

    /// A secret value of the stack's configuration. It never is part of the document.
    pub(crate) fn secret(&mut self, key: &'static str) -> Text {
        self.secrets.push(key);
        Text(format!("${{{key}}}"))
    }

    /// The document.
    ///
    /// # Errors
    /// The first thing that went wrong.
    pub(crate) fn finish(self) -> Result<Value, DocumentError> {
        if let Some(error) = self.error {
            return Err(error);
        }
        for (name, resource) in &self.resources {
            self.check_references(name, resource)?;
        }
        for (name, output) in &self.outputs {
            self.check_references(name, &json!(output))?;
        }
        let secrets: Map<String, Value> = self
            .secrets
            .into_iter()
            .map(|key| (key.to_owned(), json!({"type": "string", "secret": true})))
            .collect();
        let mut document = json!({"resources": self.resources, "outputs": self.outputs});
        if !secrets.is_empty() {
            document["config"] = secrets.into();
        }
        Ok(document)
    }
}

impl Document {
    /// Every reference leads to a resource of the document, or to a secret of the configuration.
    fn check_references(&self, from: &str, value: &Value) -> Result<(), DocumentError> {
        match value {
            Value::String(text) => {
                let unknown = references(text)
                    .find(|name| !self.resources.contains_key(*name) && !self.secrets.contains(name));
                match unknown {
                    Some(to) => Err(DocumentError::Dangling { from: from.to_owned(), to: to.to_owned() }),
                    None => Ok(()),
                }
            }
            Value::Array(values) => values.iter().try_for_each(|value| self.check_references(from, value)),
            Value::Object(object) => object.values().try_for_each(|value| self.check_references(from, value)),
            _ => Ok(()),
        }
    }
}

/// The names that a text refers to.
fn references(text: &str) -> impl Iterator<Item = &str> {
    let literal = |before: &str| before.ends_with('$');
    text.match_indices("${").filter(move |(at, _)| !literal(&text[..*at])).filter_map(|(at, opening)| {
        let (reference, _) = text[at + opening.len()..].split_once('}')?;
        reference.split('.').next()
    })
}

/// The document that says only which packages the stacks need: Pulumi asks before it knows the stack.
pub fn packages() -> Value {
    json!({"resources": {"aws": provider(&json!({}))}})
}

fn provider(properties: &Value) -> Value {
    json!({
        "type": "pulumi:providers:aws",
        "defaultProvider": true,
        "properties": properties,
        "options": {"version": PROVIDER_VERSION},
    })
}

/// Leaves out what is not set.
pub(crate) fn strip(value: &mut Value) {
    match value {
        Value::Object(object) => {
            object.retain(|_, value| !value.is_null());
            object.values_mut().for_each(strip);
        }
        Value::Array(array) => array.iter_mut().for_each(strip),
        _ => {}
    }
}

/// Escapes the texts of a literal value.
fn escape(value: &mut Value) {
    match value {
        Value::String(text) => *text = Text::from(text.as_str()).0,
        Value::Object(object) => object.values_mut().for_each(escape),
        Value::Array(array) => array.iter_mut().for_each(escape),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Serialize)]
    struct Thing {
        text: Text,
        missing: Option<u32>,
        policy: Json<Value>,
    }

    impl Resource for Thing {
        const TYPE: &'static str = "aws:things/thing:Thing";
        const TAGGED: bool = true;
    }

    fn thing(text: impl Into<Text>) -> Thing {
        Thing {
            text: text.into(),
            missing: None,
            policy: Json::literal(json!({"name": ["${aws:username}"]})),
        }
    }

    fn document() -> Document {
        Document::new(&Place::new("999999999999", "eu-west-1"), BTreeMap::from([("a".into(), "b".into())]))
    }

    #[test]
    fn literals_are_escaped_and_references_are_not() {
        let mut document = document();
        let first = document.add("first", thing("${first}"));
        document.add_with("second", thing(Text::from("x-") + first.arn()), Options::after([first.itself()]));
        let document = document.finish().unwrap();
        let expected = json!({
            "type": "aws:things/thing:Thing",
            "properties": {
                "text": "$${first}",
                "policy": {"fn::toJSON": {"name": ["$${aws:username}"]}},
                "tags": {"a": "b"},
            },
            "options": {},
        });
        assert_eq!(document["resources"]["first"], expected);
        assert_eq!(document["resources"]["second"]["properties"]["text"], "x-${first.arn}");
        assert_eq!(document["resources"]["second"]["options"], json!({"dependsOn": ["${first}"]}));
    }

    #[test]
    fn secrets_are_declared_and_never_written() {
        let mut document = document();
        let secret = document.secret("webhookSecret");
        document.add("first", thing(secret));
        let document = document.finish().unwrap();
        assert_eq!(document["config"], json!({"webhookSecret": {"type": "string", "secret": true}}));
        assert_eq!(document["resources"]["first"]["properties"]["text"], "${webhookSecret}");
    }

    #[test]
    fn every_reference_leads_somewhere() {
        let mut document = document();
        document.add("first", thing(Text::from("$${a} ${b} ") + Text::missing("the key")));
        let error = document.finish().unwrap_err();
        assert_eq!(error.to_string(), "first refers to the key, which is not part of the stack");
    }

    #[test]
    fn names_are_unique() {
        let mut document = document();
        document.add("first", thing(""));
        document.add("first", thing(""));
        assert_eq!(document.finish().unwrap_err().to_string(), "two resources are called first");
    }
}
