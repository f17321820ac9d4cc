//! A stack's state, as `pulumi stack export` writes it.

use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// The signature by which the engine tells an encrypted value.
const SECRET: &str = "1b47061264138c4ac30d75fd1eb44270";
/// The key of that signature.
const SIGNATURE: &str = "4dabf18193072939515e22adb298388d";

/// A stack's state.
pub(crate) struct State {
    /// The state as it is kept: a secret must not be in it.
    pub(crate) text: String,
    /// What is in it, in the order of creation.
    pub(crate) resources: Vec<Resource>,
}

/// A resource in the state.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Resource {
    /// Its name for the engine.
    pub(crate) urn: String,
    /// Its type, such as `aws:cloudwatch/eventBus:EventBus`.
    #[serde(rename = "type")]
    pub(crate) kind: String,
    /// What the program says of it.
    #[serde(default)]
    pub(crate) inputs: BTreeMap<String, Value>,
    /// What the provider says of it.
    #[serde(default)]
    pub(crate) outputs: BTreeMap<String, Value>,
    /// What it belongs to.
    pub(crate) parent: Option<String>,
    /// The provider that it was made with.
    pub(crate) provider: Option<String>,
    /// What it needs.
    #[serde(default)]
    pub(crate) dependencies: Vec<String>,
    /// What each of its properties needs.
    #[serde(default)]
    pub(crate) property_dependencies: BTreeMap<String, Vec<String>>,
    /// Whether the engine refuses to delete it.
    #[serde(default)]
    pub(crate) protect: bool,
}

impl State {
    pub(super) fn parse(text: &str) -> Self {
        #[derive(Deserialize)]
        struct Export {
            deployment: Deployment,
        }
        #[derive(Deserialize)]
        struct Deployment {
            #[serde(default)]
            resources: Vec<Resource>,
        }
        let export: Export = serde_json::from_str(text).unwrap();
        Self { text: text.to_owned(), resources: export.deployment.resources }
    }

    /// The resource of a name; the test fails if there is none.
    pub(crate) fn resource(&self, name: &str) -> &Resource {
        let found = self.resources.iter().find(|resource| resource.name() == name);
        found.unwrap_or_else(|| panic!("no resource {name} in the state"))
    }

    /// The resources of a type.
    pub(crate) fn of_type(&self, kind: &str) -> impl Iterator<Item = &Resource> {
        self.resources.iter().filter(move |resource| resource.kind == kind)
    }
}

impl Resource {
    /// Its name in the program.
    pub(crate) fn name(&self) -> &str {
        self.urn.rsplit("::").next().unwrap_or_default()
    }

    /// Whether it needs another, by a property or because the program says so.
    pub(crate) fn needs(&self, other: &Self) -> bool {
        self.dependencies.contains(&other.urn)
    }
}

/// Whether a property is encrypted in the state.
pub(crate) fn is_encrypted(property: &Value) -> bool {
    property[SIGNATURE] == SECRET && property["ciphertext"].is_string() && property["plaintext"].is_null()
}
