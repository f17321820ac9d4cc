//! The settings for documents and editors: tables in Markdown, and a JSON schema of the stacks' files.

use super::{
    section::Setting,
    table::{ops_settings, tooling_settings},
};
use serde_json::{Map, Value, json};

/// Settings as a table in Markdown.
pub fn markdown(settings: &[Setting]) -> String {
    let mut table = "| key | meaning | allowed | default |\n|---|---|---|---|\n".to_owned();
    for Setting { key, meaning, allowed, default, .. } in settings {
        // A bar would end the cell, a star would begin emphasis.
        let allowed = allowed.replace('|', "\\|").replace('*', "\\*");
        table.push_str(&format!("| `{key}` | {meaning} | {allowed} | {default} |\n"));
    }
    table
}

/// The schema of a stack's file, `Pulumi.STACK.yaml`, of a project: an editor completes and checks the file by it.
///
/// It refuses no file that the program takes. What it can't express, such as that a name occurs once, the program still
/// refuses. Source: JSON Schema 2020-12; Pulumi documentation, "Pulumi stack configuration file reference".
pub fn schema(project: &str) -> Value {
    let kinds = [("ops", ops_settings()), ("tooling", tooling_settings())];
    let definitions = kinds.map(|(kind, settings)| (kind.to_owned(), self::settings(project, &settings)));
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": format!("Configuration of a stack of {project}"),
        "type": "object",
        "required": ["config"],
        "properties": {
            "config": {
                "type": "object",
                "required": [format!("{project}:stack")],
                "properties": {format!("{project}:stack"): {"enum": ["ops", "tooling"]}},
                "if": {"properties": {format!("{project}:stack"): {"const": "tooling"}}},
                "then": {"$ref": "#/$defs/tooling"},
                "else": {"$ref": "#/$defs/ops"},
            },
        },
        "$defs": definitions.into_iter().collect::<Map<_, _>>(),
    })
}

/// The schema of a configuration's settings. Keys of other projects and providers are none of its business.
fn settings(project: &str, settings: &[Setting]) -> Value {
    let name = |key: &str| format!("{project}:{key}");
    let of = |setting: &Setting| (name(setting.key), as_text_too(setting.for_editors()));
    let properties: Map<String, Value> = settings.iter().map(of).collect();
    let required: Vec<String> =
        settings.iter().filter(|setting| setting.is_required).map(|setting| name(setting.key)).collect();
    let known: Vec<&String> = properties.keys().collect();
    let mut schema = json!({
        "required": required,
        "propertyNames": {"anyOf": [{"enum": known}, {"not": {"pattern": format!("^{project}:")}}]},
        "properties": properties,
    });
    if settings.iter().any(|setting| setting.key == "organization") {
        schema["anyOf"] =
            json!([{"required": [name("toolingAccounts")]}, {"required": [name("organization")]}]);
    }
    schema
}

/// A list or an object may be JSON in a text, too: `pulumi config set` writes it so.
fn as_text_too(schema: Value) -> Value {
    let is_structured = |schema: &Value| schema["type"] == "array" || schema["type"] == "object";
    let mut forms = schema["anyOf"].as_array().into_iter().flatten();
    if !is_structured(&schema) && !forms.any(is_structured) {
        return schema;
    }
    let description = schema["description"].clone();
    json!({
        "description": description,
        "anyOf": [schema, {"type": "string", "pattern": "^\\s*[\\[{]", "contentMediaType": "application/json"}],
    })
}
