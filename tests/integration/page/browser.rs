//! The page in a real browser: Chromium without a window, driven by puppeteer-core, and judged by axe-core.

use crate::outside::{self, Outside};
use serde::Deserialize;
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::{Mutex, PoisonError},
};

/// What a person does and sees: a browser, and the packages that drive it.
pub(crate) struct Browser {
    program: PathBuf,
    packages: PathBuf,
}

/// What was seen of a page.
#[derive(Debug, Deserialize)]
pub(crate) struct Seen {
    /// What the page wrote to the console.
    pub(crate) console: Vec<String>,
    /// What it fetched.
    pub(crate) fetched: Vec<String>,
    /// The fragment of its address.
    pub(crate) hash: String,
    /// What axe-core finds serious or critical.
    #[serde(default)]
    pub(crate) axe: Vec<String>,
    /// How many pages it has on paper.
    #[serde(default)]
    pub(crate) pages: usize,
    /// What was read of it.
    pub(crate) read: BTreeMap<String, Value>,
}

impl Browser {
    /// Chromium and the packages, or what to install.
    pub(crate) fn find() -> Outside<Self> {
        let names = ["chromium", "chromium-browser", "google-chrome"];
        let names = names.map(|name| Command::new("which").arg(name).output());
        let found = names.into_iter().flatten().find(|output| output.status.success());
        let found = found.ok_or("no Chromium is here; install Debian's package chromium")?;
        let program = PathBuf::from(String::from_utf8_lossy(&found.stdout).trim());
        Ok(Self { program, packages: packages()? })
    }

    /// Looks at a page in some ways, one after the other.
    pub(crate) fn look(&self, page: &Path, views: &[Value]) -> Vec<Seen> {
        let task = json!({"browser": self.program, "page": page, "views": views});
        let output = outside::ask_node("browser/drive.mjs", &self.packages, &task);
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{told}");
        serde_json::from_slice(&output.stdout).unwrap()
    }
}

/// The packages of tests/browser/package.json, fetched into `target/`.
fn packages() -> Outside<PathBuf> {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _turn = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let folder = outside::target().join("browser");
    let wanted = fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("browser/package.json"));
    let wanted = wanted.map_err(|error| error.to_string())?;
    let done = folder.join("installed.json");
    if fs::read(&done).ok().as_ref() != Some(&wanted) {
        fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
        fs::write(folder.join("package.json"), &wanted).map_err(|error| error.to_string())?;
        let install = ["install", "--silent", "--no-audit", "--no-fund", "--ignore-scripts"];
        outside::run(Command::new("npm").args(install).current_dir(&folder))?;
        fs::write(done, wanted).map_err(|error| error.to_string())?;
    }
    folder.canonicalize().map_err(|error| error.to_string())
}
