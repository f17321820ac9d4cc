//! The engine, and projects in temporary folders.

use super::stack::Stack;
use crate::outside::{self, Outside};
use serde_json::{Value, json};
use std::{
    env,
    ffi::{OsStr, OsString},
    fs, io,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    process::Command,
};
use tempfile::TempDir;

/// Where a project's document comes from.
pub(crate) enum Program<'a> {
    /// A Pulumi YAML document.
    Document(Value),
    /// A command that prints one; it runs in the project's folder.
    Compiler(&'a str),
}

/// The engine, ready to run.
pub(crate) struct Engine {
    /// The folders that programs are looked for in.
    path: OsString,
    /// The folder with the provider, as the engine installs providers.
    plugins: PathBuf,
}

impl Engine {
    /// The engine that was built for the tests; where there is none, the test is skipped and says so, but in CI it fails.
    pub(crate) fn or_skip(test: &str) -> Option<Self> {
        outside::or_skip(test, Self::find())
    }

    fn find() -> Outside<Self> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/engine");
        let folder = folder.canonicalize().ok().filter(|folder| folder.join("stamp.txt").is_file());
        let folder = folder.ok_or("no Pulumi engine in target/engine: run `cargo xtask engine`")?;
        let others = env::var_os("PATH").unwrap_or_default();
        let folders = [folder.clone()].into_iter().chain(env::split_paths(&others));
        let path = env::join_paths(folders).map_err(|error| error.to_string())?;
        Ok(Self { path, plugins: folder.join("plugins") })
    }

    /// A new project, in a folder of its own.
    pub(crate) fn project(&self, program: Program<'_>) -> Project<'_> {
        let folder = tempfile::tempdir().unwrap();
        for name in ["project", "state", "home"] {
            fs::create_dir(folder.path().join(name)).unwrap();
        }
        // Each has a home of its own: schemas are cached there, and logs pile up.
        symlink(&self.plugins, folder.path().join("home/plugins")).unwrap();
        let project = Project { engine: self, folder };
        let runtime = match &program {
            Program::Document(_) => json!("yaml"),
            Program::Compiler(compiler) => json!({"name": "yaml", "options": {"compiler": compiler}}),
        };
        project.write("Pulumi.yaml", json!({"name": "dora-metrics", "runtime": runtime}).to_string());
        if let Program::Document(document) = program {
            project.document(&document);
        }
        project
    }
}

/// A project's folder, with a state of its own.
pub(crate) struct Project<'a> {
    engine: &'a Engine,
    folder: TempDir,
}

impl Project<'_> {
    /// Writes a file that the program reads, such as `target/lambda/function.zip`.
    pub(crate) fn write(&self, path: &str, content: impl AsRef<[u8]>) {
        let path = self.path("project").join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    /// The project's folder.
    pub(crate) fn folder(&self) -> PathBuf {
        self.path("project")
    }

    /// Deletes a file.
    pub(crate) fn remove(&self, path: &str) {
        fs::remove_file(self.path("project").join(path)).unwrap();
    }

    /// Replaces the document.
    pub(crate) fn document(&self, document: &Value) {
        self.write("Main.yaml", document.to_string());
    }

    /// A new stack, with its configuration.
    pub(crate) fn stack(&self, name: &str) -> Stack<'_> {
        Stack::new(self, name)
    }

    /// A stack that is there already.
    pub(crate) fn known_stack(&self, name: &str) -> Stack<'_> {
        Stack::known(self, name)
    }

    /// A line of a shell, in this project's folder.
    pub(crate) fn shell(&self, line: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", line]);
        self.prepare(&mut command);
        command
    }

    /// The lines that the provider has written so far: what it created, updated and deleted.
    pub(super) fn journal(&self) -> String {
        match fs::read_to_string(self.path("journal.jsonl")) {
            Ok(lines) => lines,
            Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
            Err(error) => panic!("the provider's journal can't be read: {error}"),
        }
    }

    /// The Pulumi CLI in this project, with nothing of the environment around it but the programs.
    pub(super) fn pulumi(&self, arguments: &[impl AsRef<OsStr>]) -> Command {
        let mut command = Command::new("pulumi");
        command.args(arguments).args(["--non-interactive", "--color", "never"]);
        self.prepare(&mut command);
        command
    }

    fn prepare(&self, command: &mut Command) {
        let mut backend = OsString::from("file://");
        backend.push(self.path("state"));
        command
            .current_dir(self.path("project"))
            .env_clear()
            .env("PATH", &self.engine.path)
            .env("HOME", self.folder.path())
            .env("PULUMI_HOME", self.path("home"))
            .env("PULUMI_BACKEND_URL", backend)
            .env("PULUMI_CONFIG_PASSPHRASE", "passphrase")
            .env("PULUMI_SKIP_UPDATE_CHECK", "1")
            .env("PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION", "true")
            // Only the state after a command matters here: to write it after every step would take most of the time.
            .env("PULUMI_SKIP_CHECKPOINTS", "true")
            .env("ENGINE_JOURNAL", self.path("journal.jsonl"));
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}
