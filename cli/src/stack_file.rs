//! The file with a stack's configuration, `Pulumi.<stack>.yaml`, as Pulumi reads and writes it.
//!
//! Source: Pulumi documentation, "Pulumi stack configuration file reference".

use anyhow::Context;
use program::settings::{InvalidSettings, StackSettings, WEBHOOK_SECRET};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::{fs, path::Path};

/// What stands for a secret whose value is not to be had, and not needed.
pub(crate) const UNKNOWN_SECRET: &str = "is not known here";

/// What names the schema of the files, beside `Pulumi.yaml`, to the editors that use yaml-language-server.
const SCHEMA_LINE: &str = "# yaml-language-server: $schema=docs/stack.schema.json";

/// A project: its file `Pulumi.yaml`, as far as it matters here.
#[derive(Debug, Deserialize)]
pub(crate) struct Project {
    /// What the keys of its stacks' configuration begin with.
    pub(crate) name: String,
}

impl Project {
    /// The project in a folder.
    pub(crate) fn find(folder: &Path) -> anyhow::Result<Self> {
        let file = folder.join("Pulumi.yaml");
        let name = file.display();
        let text = fs::read_to_string(&file)
            .with_context(|| format!("{name} can't be read: give the product's folder with --folder"))?;
        serde_saphyr::from_str(&text).with_context(|| format!("{name} is no Pulumi project"))
    }
}

/// The file of a stack.
#[derive(Clone, Debug, Default, Deserialize, Serialize, PartialEq)]
pub(crate) struct StackFile {
    #[serde(default)]
    config: Map<String, Value>,
    /// How Pulumi encrypts the stack's secrets, and whatever else it keeps.
    #[serde(flatten)]
    others: Map<String, Value>,
}

impl StackFile {
    /// The file of a configuration.
    pub(crate) fn of(project: &Project, config: &Map<String, Value>) -> Self {
        let key = |key: &String| format!("{}:{key}", project.name);
        let config = config.iter().map(|(name, value)| (key(name), value.clone())).collect();
        Self { config, others: Map::new() }
    }

    /// Reads a file.
    pub(crate) fn read(file: &Path) -> anyhow::Result<Self> {
        let name = file.display();
        let text = fs::read_to_string(file).with_context(|| format!("{name} can't be read"))?;
        serde_saphyr::from_str(&text).with_context(|| format!("{name} is no configuration of a stack"))
    }

    /// Reads a configuration in whichever form is at hand: the file of a stack, what `pulumi config --json` prints, or an object
    /// of the operations account's settings alone.
    pub(crate) fn read_any(file: &Path) -> anyhow::Result<Self> {
        let name = file.display();
        let text = fs::read_to_string(file).with_context(|| format!("{name} can't be read"))?;
        let is_json = text.trim_start().starts_with('{');
        let document: Map<String, Value> = match is_json {
            true => serde_json::from_str(&text).with_context(|| format!("{name} is no JSON"))?,
            false => serde_saphyr::from_str(&text).with_context(|| format!("{name} is no configuration"))?,
        };
        if document.contains_key("config") {
            let file = serde_json::from_value(document.into());
            return file.with_context(|| format!("{name} is no configuration of a stack"));
        }
        let mut config: Map<_, _> = document.into_iter().map(|(key, value)| (key, printed(value))).collect();
        if !config.keys().any(|key| key.contains(':')) {
            config.entry("stack").or_insert_with(|| "ops".into());
            return Ok(Self::of(&Project { name: "dora-metrics".to_owned() }, &config));
        }
        Ok(Self { config, others: Map::new() })
    }

    /// The project: what the key begins with that every stack has.
    pub(crate) fn project(&self) -> Option<Project> {
        let name = self.config.keys().find_map(|key| key.strip_suffix(":stack"))?;
        Some(Project { name: name.to_owned() })
    }

    /// Keeps what Pulumi has encrypted in an older file of the stack, and how: without it, nobody could decrypt what the stack
    /// has already.
    pub(crate) fn keep_secrets(&mut self, older: Self) {
        self.others.extend(older.others);
        for (key, value) in older.config.into_iter().filter(|(_, value)| is_encrypted(value)) {
            self.config.entry(key).or_insert(value);
        }
    }

    /// The file's text. Every text in it is quoted, so that no YAML reader takes an account for a number. Its first line names
    /// the schema to editors.
    pub(crate) fn to_yaml(&self) -> anyhow::Result<String> {
        let options = serde_saphyr::ser_options! { quote_all: true, compact_list_indent: false };
        Ok(format!("{SCHEMA_LINE}\n{}", serde_saphyr::to_string_with_options(self, options)?))
    }

    /// The settings that the program reads of it.
    pub(crate) fn settings(&self, project: &Project) -> Result<StackSettings, InvalidSettings> {
        StackSettings::from_pulumi(&self.handed_over(project).to_string(), &project.name)
    }

    /// What Pulumi hands over to the program: texts, of which lists and objects are JSON. A secret's value is unknown here.
    fn handed_over(&self, project: &Project) -> Value {
        let secret = format!("{}:{WEBHOOK_SECRET}", project.name);
        let text = |(key, value): (&String, &Value)| {
            let text = match value {
                _ if *key == secret && is_encrypted(value) => UNKNOWN_SECRET.to_owned(),
                Value::String(text) => text.clone(),
                other => other.to_string(),
            };
            (key.clone(), Value::String(text))
        };
        self.config.iter().map(text).collect::<Map<_, _>>().into()
    }
}

/// A value as `pulumi config --json` prints it: beside its text, lists and objects are there as such; of a secret there is
/// neither.
fn printed(value: Value) -> Value {
    match value {
        Value::Object(mut value) if value.get("secret").is_some_and(Value::is_boolean) => {
            let given = value.remove("objectValue").or_else(|| value.remove("value"));
            given.unwrap_or_else(|| json!({"secure": ""}))
        }
        value => value,
    }
}

/// Whether Pulumi has encrypted a value.
fn is_encrypted(value: &Value) -> bool {
    value.as_object().is_some_and(|value| value.len() == 1 && value.contains_key("secure"))
}

/// What a stack may be called: its file is called after it.
pub(crate) fn stack_name(text: &str) -> Result<String, String> {
    let is_valid = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    match (1..=100).contains(&text.len()) && text.chars().all(is_valid) {
        true => Ok(text.to_owned()),
        false => {
            Err("a stack is called by 1 to 100 letters, digits, hyphens, underscores and full stops"
                .to_owned())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn project() -> Project {
        Project { name: "dora-metrics".to_owned() }
    }

    fn read(text: &str) -> StackFile {
        serde_saphyr::from_str(text).unwrap()
    }

    /// Whatever a value looks like, it comes back as what it was.
    #[test]
    fn texts_stay_texts() {
        for text in [
            "012345678901",
            "111111111111",
            "yes",
            "null",
            "1e3",
            "2026-01-01",
            "1_000",
            "0o7",
            "- a",
            "a: b",
            "#",
            "",
            "it's",
            "\"q\"",
            "two\nlines\n",
            "${x}",
            "*",
            "ü 漢\u{1b}",
        ] {
            let config =
                Map::from_iter([("a".to_owned(), json!(text)), ("b".to_owned(), json!([text, {"c": text}]))]);
            let file = StackFile::of(&project(), &config);
            let yaml = file.to_yaml().unwrap();
            assert_eq!(read(&yaml), file, "{yaml}");
        }
    }

    /// What people write by hand, and what Pulumi writes.
    #[test]
    fn what_the_program_gets() {
        fn check(value: &str, expected: &str) {
            let file = read(&format!("config:\n  dora-metrics:key: {value}\n"));
            assert_eq!(file.handed_over(&project()), json!({"dora-metrics:key": expected}), "{value}");
        }
        check("main", "main");
        check("\"012345678901\"", "012345678901");
        check("111111111111", "111111111111");
        check("7", "7");
        check("false", "false");
        check("[acme/shop]", "[\"acme/shop\"]");
        check("\n    - account: \"1\"\n      regions: [a]", "[{\"account\":\"1\",\"regions\":[\"a\"]}]");
        let file = read("config:\n  dora-metrics:webhookSecret:\n    secure: v1:abc\n");
        assert_eq!(file.handed_over(&project()), json!({"dora-metrics:webhookSecret": UNKNOWN_SECRET}));
    }

    #[test]
    fn secrets_are_kept() {
        let mut new = read("config:\n  dora-metrics:stack: ops\n");
        new.keep_secrets(read(
            "encryptionsalt: v1:salt\nconfig:\n  dora-metrics:region: old\n  dora-metrics:webhookSecret:\n    secure: v1:abc\n",
        ));
        let expected = read(
            "encryptionsalt: v1:salt\nconfig:\n  dora-metrics:stack: ops\n  dora-metrics:webhookSecret:\n    secure: v1:abc\n",
        );
        assert_eq!(new, expected);
    }
}
