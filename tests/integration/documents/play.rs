//! A play: commands as a document prints them, run by a shell that finds `aws` and `cargo`.
//!
//! `aws` is tests/documents/aws.py, `cargo` the binaries of target/debug: nothing is compiled, and nothing reaches AWS.

use super::{
    shell::Piece,
    table::{self, Part},
};
use crate::{
    outside::{self, Outside},
    scene::binaries,
};
use std::{
    cell::RefCell,
    collections::BTreeSet,
    env, fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Command, Output},
};
use tempfile::TempDir;

/// The commands of a play.
pub(super) struct Play {
    pieces: Vec<Piece>,
    done: RefCell<BTreeSet<String>>,
    programs: TempDir,
    /// A Python with botocore.
    pub(super) python: PathBuf,
}

/// What is put in place of a piece of a command: what a document can't know, such as an id.
pub(super) type Filling<'a> = &'a [(&'a str, &'a str)];

impl Play {
    /// moto brings botocore.
    pub(super) fn new(part: Part) -> Outside<Self> {
        let python = outside::python("dynamodb", "dynamodb/requirements.txt")?;
        let programs = tempfile::tempdir().unwrap();
        let write = |name: &str, text: String| {
            let path = programs.path().join(name);
            fs::write(&path, text).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        };
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("documents/aws.py");
        write("aws", format!("#!/bin/sh\nexec {} {} \"$@\"\n", python.display(), script.display()));
        let binary = |name: &str| binaries().path(name).unwrap().display().to_string();
        let [dora, xtask, program] = ["dora", "xtask", "program"].map(binary);
        write(
            "cargo",
            format!(
                "#!/bin/sh\ncase \"$1\" in\ndora) shift; exec {dora} \"$@\" ;;\nxtask) shift; exec {xtask} \"$@\" ;;\n\
                 run) while [ \"$1\" != program ]; do shift; done; shift; [ \"$1\" != -- ] || shift; exec {program} \"$@\" ;;\n\
                 *) echo \"$1 is no command of this workspace\" >&2; exit 1 ;;\nesac\n"
            ),
        );
        Ok(Self { pieces: table::of(part), done: RefCell::default(), programs, python })
    }

    /// The line that a document prints, filled; of a block of several lines, the first is enough. It counts as run.
    pub(super) fn line(&self, printed: &str, filling: Filling<'_>) -> String {
        let is_it = |piece: &&Piece| {
            piece.text.strip_prefix(printed).is_some_and(|rest| rest.is_empty() || rest.starts_with('\n'))
        };
        let piece = self.pieces.iter().find(is_it);
        let piece = piece.unwrap_or_else(|| panic!("no document tells this play to run: {printed}"));
        self.done.borrow_mut().insert(piece.text.clone());
        filling.iter().fold(piece.text.clone(), |text, (printed, meant)| {
            assert!(text.contains(printed), "{text}: there is no {printed}");
            text.replace(printed, meant)
        })
    }

    /// Lets a command find `aws` and `cargo`.
    pub(super) fn equip(&self, command: &mut Command) {
        let own = command.get_envs().find(|(name, _)| *name == "PATH").and_then(|(_, value)| value);
        let path = own.map(ToOwned::to_owned).or_else(|| env::var_os("PATH")).unwrap_or_default();
        let folders = [self.programs.path().to_owned()].into_iter().chain(env::split_paths(&path));
        command.env("PATH", env::join_paths(folders).unwrap());
    }

    /// A line for a shell in a folder, with what is set in the environment.
    pub(super) fn shell(&self, line: &str, folder: &Path, environment: &[(&str, &str)]) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", line]).current_dir(folder).env_clear();
        command.envs(env::var_os("PATH").map(|path| ("PATH", path)));
        command.envs(environment.iter().copied());
        self.equip(&mut command);
        command
    }

    /// Every command that is this play's has been run.
    pub(super) fn finish(self) {
        let done = self.done.into_inner();
        let left: BTreeSet<&str> = self
            .pieces
            .iter()
            .map(|piece| piece.text.as_str())
            .filter(|text| !done.contains(*text))
            .collect();
        assert!(left.is_empty(), "these were not run: {left:#?}");
    }
}

/// What a command that succeeded has printed, on standard output and on standard error.
pub(super) fn printed(line: &str, output: &Output) -> (String, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (out, err) = (text(&output.stdout), text(&output.stderr));
    assert!(output.status.success(), "{line}\n{}\n{out}{err}", output.status);
    (out, err)
}
