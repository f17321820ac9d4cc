//! A stack as a CloudFormation template: the second rendering of the same resources.
//!
//! For a tooling stack it is a product of its own: the [`template()`] has no account and no region in it, so that a StackSet rolls
//! it out to every account of an organisation. For the operations account's stack it serves the checks, which know
//! CloudFormation's types and not the provider's.
//! Source: AWS CloudFormation template reference.

mod reference;
mod template;
mod types;

pub use template::{ToolingTemplate, tooling_template};

use reference::{Outputs, rendered};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use types::{Destination, translated};

/// A document that has no rendering.
#[derive(Debug, thiserror::Error)]
pub enum CloudFormationError {
    /// A type that the rendering does not know.
    #[error("{resource} is of type {kind}, which has no rendering for CloudFormation")]
    Type {
        /// The resource.
        resource: String,
        /// Its type.
        kind: String,
    },
    /// A part of a resource that is not there.
    #[error("{resource} is part of {whole}, which is not part of the stack")]
    Part {
        /// The part.
        resource: String,
        /// What it is part of.
        whole: String,
    },
}

/// What the templates are told when they are installed, beside what they name themselves.
const CODE_BUCKET: &str = "CodeBucket";

/// A document of a stack as a template.
///
/// # Errors
/// [`CloudFormationError`].
pub fn template(document: &Value) -> Result<Value, CloudFormationError> {
    let declared = document["resources"].as_object().cloned().unwrap_or_default();
    let outputs = Outputs::of(&declared);
    let mut resources: BTreeMap<String, Value> = BTreeMap::new();
    let mut parts = Vec::new();
    for (name, resource) in declared.iter().filter(|(_, resource)| resource["type"] != "pulumi:providers:aws")
    {
        let kind = resource["type"].as_str().unwrap_or_default();
        let unknown = || CloudFormationError::Type { resource: name.clone(), kind: kind.to_owned() };
        for (place, properties) in translated(kind, &resource["properties"]).ok_or_else(unknown)? {
            match place {
                Destination::Itself { kind, suffix } => {
                    let made = whole(kind, &properties, &resource["options"], &outputs);
                    resources.insert(logical_id(&format!("{name}{suffix}")), made);
                }
                Destination::Within { whole, pointer } => parts.push((name, whole, pointer, properties)),
            }
        }
    }
    for (name, whole, pointer, properties) in parts {
        let id = outputs.resource(&whole).map(logical_id).unwrap_or_default();
        let missing = || CloudFormationError::Part { resource: name.clone(), whole: whole.clone() };
        let properties = rendered(&properties, &outputs);
        let resource = resources.get_mut(&id).ok_or_else(missing)?;
        put(&mut resource["Properties"], pointer, properties);
        // What a part waits for, the whole waits for.
        depend(resource, &id, &declared[name]["options"], &outputs);
    }
    let mut printed = json!({
        "AWSTemplateFormatVersion": "2010-09-09",
        "Resources": resources,
        "Outputs": document["outputs"].as_object().into_iter().flatten().map(|(name, value)| {
            (pascal(name), json!({"Value": rendered(value, &outputs)}))
        }).collect::<Map<String, Value>>(),
    });
    let parameters = parameters(document);
    if !parameters.is_empty() {
        printed["Parameters"] = parameters.into();
    }
    Ok(printed)
}

fn whole(kind: &str, properties: &Value, options: &Value, outputs: &Outputs) -> Value {
    let mut resource = json!({"Type": kind, "Properties": rendered(properties, outputs)});
    if options["protect"] == true || options["retainOnDelete"] == true {
        resource["DeletionPolicy"] = json!("Retain");
        resource["UpdateReplacePolicy"] = json!("Retain");
    }
    depend(&mut resource, "", options, outputs);
    resource
}

/// Adds what a resource waits for, beside what it refers to.
fn depend(resource: &mut Value, own: &str, options: &Value, outputs: &Outputs) {
    let mut after: Vec<String> = resource["DependsOn"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .map(str::to_owned)
        .collect();
    let named = options["dependsOn"].as_array().into_iter().flatten().filter_map(Value::as_str);
    after.extend(named.flat_map(|name| outputs.holders(name)));
    let mut referred = Vec::new();
    references(&resource["Properties"], &mut referred);
    after.retain(|id| id != own && !referred.contains(id));
    after.sort();
    after.dedup();
    if !after.is_empty() {
        resource["DependsOn"] = after.into();
    }
}

/// The logical ids that a value refers to.
fn references(value: &Value, ids: &mut Vec<String>) {
    match value {
        Value::Array(values) => values.iter().for_each(|value| references(value, ids)),
        Value::Object(members) => {
            for (name, value) in members {
                match (name.as_str(), value) {
                    ("Ref", Value::String(id)) => ids.push(id.clone()),
                    ("Fn::GetAtt", Value::Array(path)) => ids.extend(path[0].as_str().map(str::to_owned)),
                    ("Fn::Sub", Value::String(text)) => {
                        let inner = text.split("${").skip(1).filter_map(|rest| rest.split(['.', '}']).next());
                        ids.extend(inner.map(str::to_owned));
                    }
                    _ => references(value, ids),
                }
            }
        }
        _ => {}
    }
}

/// Puts a part where it belongs: into a member, or at the end of a list, whose pointer ends with a hyphen.
fn put(properties: &mut Value, pointer: &str, part: Value) {
    let mut place = properties;
    for member in pointer.split('/').filter(|member| !member.is_empty()) {
        if member == "-" {
            if !place.is_array() {
                *place = json!([]);
            }
            if let Some(list) = place.as_array_mut() {
                list.push(part);
            }
            return;
        }
        place = &mut place[member];
    }
    match (place.as_object_mut(), part) {
        (Some(members), Value::Object(part)) => members.extend(part),
        (_, part) => *place = part,
    }
}

fn parameters(document: &Value) -> Map<String, Value> {
    let mut parameters = Map::new();
    for name in document["config"].as_object().into_iter().flatten().map(|(name, _)| name) {
        parameters.insert(parameter(name), json!({"Type": "String", "NoEcho": true, "MinLength": 1}));
    }
    if document.to_string().contains("fn::fileArchive") {
        let description = "The bucket with the archive of the functions";
        parameters.insert(parameter(CODE_BUCKET), json!({"Type": "String", "Description": description}));
    }
    parameters
}

/// The name of a parameter, which no resource may have too.
fn parameter(name: &str) -> String {
    pascal(name) + "Parameter"
}

/// A logical id: letters and digits only. Hyphens end words; anything else is told by its code.
fn logical_id(name: &str) -> String {
    let mut id = String::new();
    for word in name.split('-') {
        let mut characters = word.chars();
        id.extend(characters.next().into_iter().flat_map(char::to_uppercase));
        id.extend(characters);
    }
    id.chars()
        .map(|c| if c.is_ascii_alphanumeric() { c.to_string() } else { format!("X{:x}", c as u32) })
        .collect()
}

/// A property's name as CloudFormation writes it.
fn pascal(name: &str) -> String {
    let mut characters = name.chars();
    characters.next().into_iter().flat_map(char::to_uppercase).chain(characters).collect()
}
