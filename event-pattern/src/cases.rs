//! Compares the matcher with a file of known answers.

use super::{Event, InvalidEvent, Pattern};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::{
    fmt, fs, io,
    path::{Path, PathBuf},
};

/// The outcome for a pattern and an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub enum Verdict {
    /// The event matches.
    #[serde(rename = "match")]
    Match,
    /// The event doesn't match.
    #[serde(rename = "no match")]
    NoMatch,
    /// EventBridge refuses the pattern.
    #[serde(rename = "invalid")]
    Invalid,
}

impl fmt::Display for Verdict {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Match => "match",
            Self::NoMatch => "no match",
            Self::Invalid => "invalid",
        })
    }
}

/// What came of a file of cases.
#[derive(Debug)]
pub struct Disagreements {
    /// How many cases the file has.
    pub total: usize,
    /// The cases in which the matcher has another answer, in the file's order.
    pub disagreements: Vec<Disagreement>,
}

impl Disagreements {
    /// How many cases the matcher answers as expected.
    #[must_use]
    pub fn agreed(&self) -> usize {
        self.total - self.disagreements.len()
    }
}

/// A case in which the matcher has another answer.
#[derive(Debug)]
pub struct Disagreement {
    /// The line in the file, counted from one.
    pub line: usize,
    /// The case's id, as JSON.
    pub id: String,
    /// The pattern's JSON, as written.
    pub pattern: String,
    /// The event's JSON, as written.
    pub event: String,
    /// The file's answer.
    pub expected: Verdict,
    /// The matcher's answer.
    pub actual: Verdict,
}

/// Why a file of cases can't be used.
#[derive(Debug, thiserror::Error)]
pub enum InvalidCases {
    /// The file can't be read.
    #[error("could not read {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What went wrong.
        source: io::Error,
    },
    /// A line isn't a case.
    #[error("{}:{line}: not a case", path.display())]
    Case {
        /// The file.
        path: PathBuf,
        /// The line, counted from one.
        line: usize,
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// A case's event isn't one.
    #[error("{}:{line}: not an event", path.display())]
    Event {
        /// The file.
        path: PathBuf,
        /// The line, counted from one.
        line: usize,
        /// What is wrong with it.
        source: InvalidEvent,
    },
}

/// Answers each case of a file and reports where the answer isn't the expected one.
///
/// A case is one line with a JSON object: `id`, `pattern`, `event` and `expected`, which is `"match"`, `"no match"` or
/// `"invalid"`. Empty lines are skipped.
///
/// # Errors
/// When the file can't be read or a line isn't a case.
pub fn run(path: &Path) -> Result<Disagreements, InvalidCases> {
    let text =
        fs::read_to_string(path).map_err(|source| InvalidCases::Read { path: path.to_owned(), source })?;
    let mut report = Disagreements { total: 0, disagreements: vec![] };
    for (index, text) in text.lines().enumerate().filter(|(_, text)| !text.trim().is_empty()) {
        let line = index + 1;
        let case: Case<'_> = serde_json::from_str(text).map_err(|source| InvalidCases::Case {
            path: path.to_owned(),
            line,
            source,
        })?;
        let actual = verdict(case.pattern.get(), case.event.get()).map_err(|source| InvalidCases::Event {
            path: path.to_owned(),
            line,
            source,
        })?;
        report.total += 1;
        if actual != case.expected {
            report.disagreements.push(Disagreement {
                line,
                id: case.id.get().to_owned(),
                pattern: case.pattern.get().to_owned(),
                event: case.event.get().to_owned(),
                expected: case.expected,
                actual,
            });
        }
    }
    Ok(report)
}

#[derive(Deserialize)]
struct Case<'a> {
    #[serde(borrow)]
    id: &'a RawValue,
    #[serde(borrow)]
    pattern: &'a RawValue,
    #[serde(borrow)]
    event: &'a RawValue,
    expected: Verdict,
}

fn verdict(pattern: &str, event: &str) -> Result<Verdict, InvalidEvent> {
    let event = Event::parse(event)?;
    Ok(match Pattern::parse(pattern) {
        Ok(pattern) if pattern.matches(&event) => Verdict::Match,
        Ok(_) => Verdict::NoMatch,
        Err(_) => Verdict::Invalid,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn run_on(lines: &str) -> Result<Disagreements, InvalidCases> {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("cases.jsonl");
        fs::write(&path, lines).unwrap();
        run(&path)
    }

    #[test]
    fn reports_each_disagreement_as_written() {
        let report = run_on(concat!(
            r#"{"id": 1, "pattern": {"x": [1.0]}, "event": {"x": 1}, "expected": "match"}"#,
            "\n\n",
            r#"{"id": "two", "pattern": {"x":  [1.0]}, "event": {"x": 2}, "expected": "invalid"}"#,
        ))
        .unwrap();
        assert_eq!((report.agreed(), report.total), (1, 2));
        let [only] = report.disagreements.as_slice() else { panic!("{report:?}") };
        assert_eq!((only.line, only.id.as_str(), only.pattern.as_str()), (3, "\"two\"", "{\"x\":  [1.0]}"));
        assert_eq!((only.expected, only.actual), (Verdict::Invalid, Verdict::NoMatch));
    }

    #[test]
    fn names_the_line_that_is_no_case() {
        #[track_caller]
        fn check(second: &str, expected: &str) {
            let first = r#"{"id": 1, "pattern": {}, "event": {}, "expected": "invalid"}"#;
            let error = run_on(&format!("{first}\n{second}")).unwrap_err().to_string();
            assert!(error.ends_with(expected), "{error}");
        }
        check("{", "cases.jsonl:2: not a case");
        check(r#"{"id": 1, "pattern": {}, "expected": "match"}"#, "cases.jsonl:2: not a case");
        check(r#"{"id": 1, "pattern": {}, "event": {}, "expected": "yes"}"#, "cases.jsonl:2: not a case");
        check(r#"{"id": 1, "pattern": {}, "event": 1, "expected": "match"}"#, "cases.jsonl:2: not an event");
    }

    #[test]
    fn says_which_file_is_missing() {
        let error = run(Path::new("no/such/file")).unwrap_err();
        assert_eq!(error.to_string(), "could not read no/such/file");
    }
}
