//! The functions' binary, and the command line's: built by Cargo beside the program that runs them.

use std::{
    env, io,
    path::{Path, PathBuf},
    process::{Command, ExitStatus},
};

/// The folder with the binaries.
#[derive(Clone, Debug)]
pub struct Binaries(PathBuf);

/// Binaries that can't be had.
#[derive(Debug, thiserror::Error)]
pub enum BinariesError {
    /// The running program's place is unknown.
    #[error("the folder of the running program can't be found")]
    Place(#[source] io::Error),
    /// Cargo can't be started.
    #[error("cargo can't be started to build the functions")]
    Cargo(#[source] io::Error),
    /// Cargo failed.
    #[error("`cargo build --workspace --bins` failed ({0}); its messages are above")]
    Build(ExitStatus),
    /// There are none.
    #[error("no functions in {}: run `cargo build --workspace --bins` first", .0.display())]
    Missing(PathBuf),
}

impl Binaries {
    /// The binaries of a folder, by their names.
    pub fn in_folder(folder: PathBuf) -> Self {
        Self(folder)
    }

    /// The binaries beside the running program. Where Cargo runs it, they are built first, if that is needed; Cargo
    /// tells on standard error how far it is.
    ///
    /// # Errors
    /// [`BinariesError`].
    pub fn build() -> Result<Self, BinariesError> {
        let program = env::current_exe().map_err(BinariesError::Place)?;
        // Test binaries are in a folder `deps` of the folder that binaries are in.
        let folders = program.ancestors().skip(1);
        let folder = folders.into_iter().find(|folder| !folder.ends_with("deps")).unwrap_or(Path::new("."));
        let binaries = Self(folder.to_owned());
        if let Some(cargo) = env::var_os("CARGO") {
            let mut command = Command::new(cargo);
            // The whole workspace, as `cargo xtask test` builds it: a part of it may need its dependencies with other
            // features, and so once more.
            command.args(["build", "--workspace", "--bins"]);
            if binaries.functions().is_some() {
                // Only the first build takes long enough to be watched.
                command.arg("--quiet");
            }
            if folder.ends_with("release") {
                command.arg("--release");
            }
            let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
            let status = command.current_dir(workspace).status().map_err(BinariesError::Cargo)?;
            if !status.success() {
                return Err(BinariesError::Build(status));
            }
        }
        match binaries.functions() {
            Some(_) => Ok(binaries),
            None => Err(BinariesError::Missing(binaries.0)),
        }
    }

    /// The binary of all functions, if there is one.
    pub fn functions(&self) -> Option<PathBuf> {
        self.path("functions")
    }

    /// The binary of that name, if there is one.
    pub fn path(&self, name: &str) -> Option<PathBuf> {
        let path = self.0.join(format!("{name}{}", env::consts::EXE_SUFFIX));
        path.is_file().then_some(path)
    }
}
