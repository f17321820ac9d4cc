//! A stack, and what can be done with it.

use super::{project::Project, state::State};
use serde::Deserialize;
use serde_json::Value;
use std::{collections::BTreeMap, ffi::OsStr, fmt, process::Output};

/// A setting of a stack. A path such as `toolingAccounts[0].id` reaches into lists and maps.
#[derive(Clone, Copy)]
pub(crate) enum Setting<'a> {
    /// A value that all may read.
    Plain(&'a str, &'a str),
    /// A value that is kept encrypted.
    Secret(&'a str, &'a str),
}

/// One thing that the provider did, or in a preview would be asked to do, with a resource.
#[derive(Clone, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) struct Change {
    /// `create`, `update`, `delete`; in previews also `replace` and its parts.
    #[serde(alias = "op")]
    pub(crate) operation: String,
    /// Whose.
    pub(crate) urn: String,
}

/// Operation and the resource's name.
impl fmt::Display for Change {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.urn.rsplit("::").next().unwrap_or_default();
        write!(formatter, "{} {name}", self.operation)
    }
}

/// What the engine says when it does not do what it is asked to.
#[derive(Debug)]
pub(crate) struct Refused(pub(crate) String);

impl Refused {
    /// The text without its colours, which the YAML host does not leave out.
    fn new(text: &str) -> Self {
        let mut parts = text.split('\u{1b}');
        let first = parts.next().unwrap_or_default().to_owned();
        let others = parts.map(|part| part.split_once('m').map_or("", |(_, text)| text));
        Self(others.fold(first, |text, part| text + part))
    }
}

/// A stack of a project.
pub(crate) struct Stack<'a> {
    project: &'a Project<'a>,
    name: String,
}

impl<'a> Stack<'a> {
    pub(super) fn new(project: &'a Project<'_>, name: &str) -> Self {
        let stack = Self { project, name: name.to_owned() };
        done(&stack.pulumi(&["stack", "init"])).unwrap();
        stack
    }

    /// A stack that is there already.
    pub(super) fn known(project: &'a Project<'_>, name: &str) -> Self {
        Self { project, name: name.to_owned() }
    }

    /// Sets settings, in one go.
    pub(crate) fn configure(&self, settings: &[Setting<'_>]) {
        let mut arguments = vec!["config".to_owned(), "set-all".to_owned(), "--path".to_owned()];
        for setting in settings {
            let (kind, key, value) = match setting {
                Setting::Plain(key, value) => ("--plaintext", key, value),
                Setting::Secret(key, value) => ("--secret", key, value),
            };
            arguments.extend([kind.to_owned(), format!("{key}={value}")]);
        }
        done(&self.pulumi(&arguments)).unwrap();
    }

    /// What `up` would do, but for what stays the same.
    pub(crate) fn preview(&self) -> Result<Vec<Change>, Refused> {
        #[derive(Deserialize)]
        struct Preview {
            #[serde(default)]
            steps: Vec<Change>,
            #[serde(default)]
            diagnostics: Vec<Diagnostic>,
        }
        #[derive(Deserialize)]
        struct Diagnostic {
            #[serde(default)]
            message: String,
        }
        let output = self.pulumi(&["preview", "--json"]);
        let preview: Preview = serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|_| panic!("no preview: {:?}", done(&output)));
        if output.status.success() {
            return Ok(preview.steps.into_iter().filter(|step| step.operation != "same").collect());
        }
        // Some of what is to be said is in the preview, some beside it.
        let messages = preview.diagnostics.into_iter().map(|diagnostic| diagnostic.message);
        Err(Refused::new(&(messages.collect::<String>() + &String::from_utf8_lossy(&output.stderr))))
    }

    /// Makes the resources what the program says, and returns what the provider was asked to do, in that order.
    pub(crate) fn up(&self) -> Result<Vec<Change>, Refused> {
        self.change(&["up", "--skip-preview", "--yes"])
    }

    /// The same, after the provider has read every resource.
    pub(crate) fn refresh_and_up(&self) -> Result<Vec<Change>, Refused> {
        self.change(&["up", "--refresh", "--skip-preview", "--yes"])
    }

    /// Deletes all resources, and returns what the provider was asked to do, in that order. The preview comes first, as
    /// for people: it refuses to delete anything where something is protected.
    pub(crate) fn destroy(&self) -> Result<Vec<Change>, Refused> {
        self.change(&["destroy", "--yes"])
    }

    /// Takes a setting away.
    pub(crate) fn forget(&self, key: &str) {
        done(&self.pulumi(&["config", "rm", key])).unwrap();
    }

    /// Takes a resource that is there into the stack.
    pub(crate) fn import(&self, kind: &str, name: &str, id: &str) {
        let provider = format!("aws={}", self.export().resource("aws").urn);
        let arguments = ["import", kind, name, id, "--provider", &provider, "--yes", "--generate-code=false"];
        done(&self.pulumi(&arguments)).unwrap();
    }

    /// Lets the engine delete one resource.
    pub(crate) fn unprotect(&self, urn: &str) {
        done(&self.pulumi(&["state", "unprotect", urn, "--yes"])).unwrap();
    }

    /// Lets the engine delete what is protected.
    pub(crate) fn unprotect_all(&self) {
        done(&self.pulumi(&["state", "unprotect", "--all", "--yes"])).unwrap();
    }

    /// The stack's state, secrets encrypted.
    pub(crate) fn export(&self) -> State {
        State::parse(&done(&self.pulumi(&["stack", "export"])).unwrap())
    }

    /// The outputs that are not secret, by name.
    pub(crate) fn outputs(&self) -> BTreeMap<String, Value> {
        serde_json::from_str(&done(&self.pulumi(&["stack", "output", "--json"])).unwrap()).unwrap()
    }

    fn change(&self, arguments: &[&str]) -> Result<Vec<Change>, Refused> {
        let before = self.project.journal().len();
        done(&self.pulumi(arguments))?;
        let lines = self.project.journal();
        Ok(lines[before..].lines().map(|line| serde_json::from_str(line).unwrap()).collect())
    }

    fn pulumi(&self, arguments: &[impl AsRef<OsStr>]) -> Output {
        let mut command = self.project.pulumi(arguments);
        command.args(["--stack", &self.name]).output().unwrap()
    }
}

/// What a command printed, if it succeeded.
fn done(output: &Output) -> Result<String, Refused> {
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    if output.status.success() {
        return Ok(text);
    }
    Err(Refused::new(&(text + &String::from_utf8_lossy(&output.stderr))))
}
