//! Writes the stacks' files, all or none.

use super::choices::Configured;
use crate::{output::Words, stack_file::StackFile};
use anyhow::{Context, bail};
use metrics_lib::place::Place;
use serde::Serialize;
use std::{
    fmt::{self, Display, Formatter},
    fs,
    path::Path,
};

/// A file, and what became of it.
#[derive(Debug, Serialize)]
pub(super) struct Written {
    file: String,
    stack: String,
    #[serde(flatten)]
    place: Place,
    outcome: FileChange,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
enum FileChange {
    Written,
    Replaced,
    /// It says the same already.
    Unchanged,
}

/// The example that this repository has of an operations stack, whose place a new installation's file takes.
const EXAMPLE: &str = include_str!("../../../Pulumi.ops.yaml");

/// Writes the files of stacks. If one is there already and says something else than the example, none is written, unless that
/// is meant.
pub(super) fn write(stacks: &[Configured], folder: &Path, force: bool) -> anyhow::Result<Vec<Written>> {
    let mut planned = Vec::new();
    let mut in_the_way = Vec::new();
    for Configured { name, place, file } in stacks {
        let path = folder.join(format!("Pulumi.{name}.yaml"));
        let mut file = file.clone();
        let outcome = if path.try_exists().with_context(|| path.display().to_string())? {
            let older = StackFile::read(&path);
            // What can't be read may be overwritten all the same: it is of no use to Pulumi either.
            if let Ok(older) = older.as_ref() {
                file.keep_secrets(older.clone());
            }
            match older {
                Ok(older) if older == file => FileChange::Unchanged,
                _ => FileChange::Replaced,
            }
        } else {
            FileChange::Written
        };
        let written =
            Written { file: path.display().to_string(), stack: name.clone(), place: place.clone(), outcome };
        let is_example = || fs::read_to_string(&path).is_ok_and(|text| text == EXAMPLE);
        if outcome == FileChange::Replaced && !force && !is_example() {
            in_the_way.push(written.file.clone());
        }
        planned.push((path, file.to_yaml()?, written));
    }
    if !in_the_way.is_empty() {
        bail!(
            "nothing is written: {} says something else already; --force overwrites what it says, and keeps what Pulumi \
             has encrypted in it",
            in_the_way.join(", ")
        );
    }
    let mut files = Vec::new();
    for (path, text, written) in planned {
        if written.outcome != FileChange::Unchanged {
            fs::write(&path, text).with_context(|| format!("{} can't be written", path.display()))?;
        }
        files.push(written);
    }
    Ok(files)
}

impl Display for Written {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self { file, place: Place { account, region }, outcome, .. } = self;
        let outcome = match outcome {
            FileChange::Written => "written",
            FileChange::Replaced => "overwritten",
            FileChange::Unchanged => "stays as it is",
        };
        write!(f, "{}: {outcome}, for account {account} in {region}", Words(file))
    }
}
