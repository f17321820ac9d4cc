//! How each command of the documents is executed: a row for each shape, the first that fits counts.

use super::shell::{self, Piece};
use std::collections::BTreeSet;

/// How a command is executed.
#[derive(Clone, Copy, Debug)]
pub(super) enum How {
    /// In a play, which fails if it leaves out a command that is its own.
    Played(Part),
    /// By something else than a test of documents, because it takes long or needs tools: a file, and what that file says.
    /// That the command is understood is tested all the same.
    Elsewhere { file: &'static str, says: &'static str },
}

/// A play: commands that are run one after the other, each in the state that those before it have left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// Both stacks from `init` to `destroy`, on the engine.
    Installation,
    /// An organisation, on the engine and moto.
    Organization,
    /// An installation that runs, on the stand-in.
    Operators,
    /// What is played and shown on one machine.
    OneMachine,
    /// An account that is recorded, on the stand-in, and played again.
    Recording,
}

const fn elsewhere(file: &'static str, says: &'static str) -> How {
    How::Elsewhere { file, says }
}

/// By how a command begins.
const TABLE: &[(&str, How)] = &[
    ("cargo dora doctor", How::Played(Part::Operators)),
    ("cargo dora explain lead-time-for-changes --local", How::Played(Part::OneMachine)),
    ("cargo dora explain cfr --local", How::Played(Part::OneMachine)),
    ("cargo dora explain", How::Played(Part::Operators)),
    ("cargo dora backfill", How::Played(Part::Operators)),
    ("cargo dora redrive", How::Played(Part::Operators)),
    ("aws sqs", How::Played(Part::Operators)),
    ("cargo dora replay world.jsonl", How::Played(Part::Recording)),
    ("cargo dora replay -", How::Played(Part::Recording)),
    ("aws codepipeline", How::Played(Part::Recording)),
    ("cargo dora replay", How::Played(Part::OneMachine)),
    ("cargo dora demo", How::Played(Part::OneMachine)),
    ("cargo dora completions", How::Played(Part::OneMachine)),
    ("cargo dora man", How::Played(Part::OneMachine)),
    ("cargo dora dashboard", How::Played(Part::OneMachine)),
    ("cargo xtask patterns", How::Played(Part::OneMachine)),
    ("cargo dora export-schema", How::Played(Part::OneMachine)),
    ("aws cloudformation", How::Played(Part::Organization)),
    ("cargo run --quiet --package program -- tooling-template", How::Played(Part::Organization)),
    ("pulumi config set --path", How::Played(Part::Organization)),
    ("cargo dora init", How::Played(Part::Installation)),
    ("cargo dora export-policy", How::Played(Part::Installation)),
    ("aws iam", How::Played(Part::Installation)),
    ("aws kms", How::Played(Part::Installation)),
    ("aws dynamodb", How::Played(Part::Installation)),
    ("pulumi", How::Played(Part::Installation)),
    ("cargo xtask test", elsewhere(".ci/run", "\ncargo xtask test\n")),
    ("cargo xtask tools", elsewhere(".ci/run", "\ncargo xtask tools ")),
    ("cargo xtask package", elsewhere("tests/integration/package.rs", r#"["package", "--debug"]"#)),
    ("cargo xtask chaos", elsewhere("tests/integration/chaos.rs", "chaos(seed, binaries())")),
    ("cargo xtask bench", elsewhere("tests/integration/bench.rs", r#"["bench", "--quick"]"#)),
    ("cargo xtask engine", elsewhere("xtask/src/checks.rs", "run: engine::build }")),
    ("cargo xtask doc", elsewhere("xtask/src/checks.rs", "run: || documentation(false) }")),
    (
        "cargo build --workspace --bins",
        elsewhere("xtask/src/checks.rs", r#"["build", "--workspace", "--bins""#),
    ),
    ("rustup target add aarch64-unknown-linux-gnu", elsewhere(".ci/run", "\n    rustup target add $arm64\n")),
    ("apt-get install python3 python3-venv", elsewhere(".github/workflows/ci.yml", " python3 python3-venv ")),
    ("git log", How::Played(Part::OneMachine)),
    ("git pull", How::Played(Part::OneMachine)),
    ("cargo test", elsewhere("xtask/src/checks.rs", r#"["test", "--workspace""#)),
];

/// Whether a command begins as a shape says.
fn begins(words: &[String], shape: &str) -> bool {
    let mut words = words.iter();
    shape.split(' ').all(|expected| words.next().is_some_and(|word| word == expected))
}

/// The row's number, and how a command is executed.
fn row(words: &[String]) -> Option<(usize, How)> {
    let row = TABLE.iter().position(|(shape, _)| begins(words, shape))?;
    Some((row, TABLE[row].1))
}

/// How a piece is executed: played as a whole, if one of its commands is; the first row counts.
fn how(piece: &Piece) -> Result<Vec<(usize, How)>, Vec<String>> {
    let commands = piece.commands();
    let rows: Vec<_> = commands.iter().map(|words| row(words).ok_or_else(|| words.clone())).collect();
    let played = rows.iter().flatten().filter(|(_, how)| matches!(how, How::Played(_)));
    match played.min_by_key(|(row, _)| *row) {
        Some(row) => Ok(vec![*row]),
        None => rows.into_iter().collect(),
    }
}

/// Every piece of the documents, without those that only name a command of which another piece says the whole.
fn pieces() -> Vec<Piece> {
    let all: Vec<Piece> = super::documents().iter().flat_map(|(_, text)| shell::pieces(text)).collect();
    let commands: BTreeSet<Vec<String>> = all.iter().flat_map(Piece::commands).collect();
    let is_mention = |piece: &Piece| {
        let own = piece.commands();
        let [words] = own.as_slice() else { return false };
        // What stands for several leaves something out.
        let said = words.iter().take_while(|word| !word.contains('…')).count();
        let says_more = |other: &&Vec<String>| {
            other.len() > said && other.starts_with(&words[..said]) && !other[said].contains('…')
        };
        let is_alike = |other: &Vec<String>| {
            row(words).is_none_or(|(own, _)| row(other).is_some_and(|(row, _)| row == own))
        };
        piece.is_inline && commands.iter().filter(says_more).any(is_alike)
    };
    all.iter().filter(|piece| !is_mention(piece)).cloned().collect()
}

/// The pieces that a play has to run.
pub(super) fn of(part: Part) -> Vec<Piece> {
    let is_own = |piece: &Piece| {
        how(piece).is_ok_and(|rows| matches!(rows[..], [(_, How::Played(played))] if played == part))
    };
    pieces().into_iter().filter(is_own).collect()
}

/// Without a name, Pulumi takes the stack that was made or chosen last, which may be any.
#[test]
fn blocks_name_their_stack() {
    let names_it = |words: &Vec<String>| {
        let makes_it = begins(words, "pulumi stack init");
        words[0] != "pulumi" || makes_it || words.iter().any(|word| word == "--stack")
    };
    for piece in pieces().iter().filter(|piece| !piece.is_inline) {
        assert!(piece.commands().iter().all(names_it), "{}: of which stack?", piece.text);
    }
}

#[test]
fn every_command_is_executed() {
    let mut used = BTreeSet::new();
    for piece in pieces() {
        match how(&piece) {
            Ok(rows) => used.extend(rows.into_iter().map(|(row, _)| row)),
            Err(words) => panic!("no row says how this is executed: {}", words.join(" ")),
        }
    }
    let unused: Vec<_> = (0..TABLE.len()).filter(|row| !used.contains(row)).map(|row| TABLE[row]).collect();
    assert!(unused.is_empty(), "no document has this: {unused:?}");
    for (shape, how) in TABLE {
        match how {
            How::Elsewhere { file, says } => {
                let text = std::fs::read_to_string(std::path::Path::new(super::ROOT).join(file)).unwrap();
                assert!(text.contains(says), "{shape}: {file} does not say {says}");
            }
            How::Played(_) => {}
        }
    }
}
