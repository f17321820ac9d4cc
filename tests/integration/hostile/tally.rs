//! What became of each input, counted.

use serde_json::Value;
use std::{collections::BTreeMap, fmt::Write};

/// The fields of an event that are read; the first is the event itself.
const PLACES: [&str; 12] = [
    ".",
    "detail-type",
    "account",
    "region",
    "time",
    "detail",
    "detail.pipeline",
    "detail.execution-id",
    "detail.state",
    "detail.ops-item-id",
    "detail.status",
    "detail.modified-time",
];

/// What became of each input.
#[derive(Default)]
pub(super) struct Tally {
    inputs: Vec<Input>,
}

struct Input {
    kind: &'static str,
    done: &'static str,
    answer: Answer,
}

/// What a function answers to an input.
pub(super) enum Answer {
    /// This.
    Told(String),
    /// That the message failed; why is in the log.
    Failed {
        /// The message's id.
        id: String,
    },
}

impl Tally {
    pub(super) fn count(&mut self, kind: &'static str, done: &'static str, answer: Answer) {
        self.inputs.push(Input { kind, done, answer });
    }

    pub(super) fn tell(&mut self, kind: &'static str, done: &'static str, answer: impl Into<String>) {
        self.count(kind, done, Answer::Told(answer.into()));
    }

    /// Finds in the logs why messages failed: each is told once, with a code and a reason.
    pub(super) fn explain(&mut self, logs: &BTreeMap<String, String>) {
        let mut reasons: BTreeMap<String, Vec<Value>> = BTreeMap::new();
        for line in logs.values().flat_map(|log| log.lines()) {
            let line: Value =
                serde_json::from_str(line).unwrap_or_else(|_| panic!("no line of a log: {line}"));
            if let Some(id) = line["fields"]["message.id"].as_str() {
                reasons.entry(id.to_owned()).or_default().push(line["fields"].clone());
            }
        }
        for Input { done, answer, .. } in &mut self.inputs {
            let Answer::Failed { id } = answer else { continue };
            let told = reasons.get(id).map(Vec::as_slice).unwrap_or_default();
            let [fields] = told else { panic!("{id} ({done}) is told {} times: {told:?}", told.len()) };
            let text = |name: &str| fields.get(name).and_then(Value::as_str).unwrap_or_default();
            let reason = [text("error.message"), text("reason")].concat();
            assert!(!reason.is_empty(), "{fields} gives no reason");
            if let Some(fault) = reason.strip_prefix("the event is malformed at ") {
                let (place, _) = fault.split_once(": ").unwrap_or_default();
                assert!(PLACES.contains(&place) || place.starts_with("line "), "{reason} names no field");
            }
            *answer = Answer::Told(format!("{} {}", text("error.type"), text("error.code")));
        }
    }

    /// How many requests the webhook has refused.
    pub(super) fn refused_requests(&self) -> f64 {
        let is_refused = |answer: &Answer| matches!(answer, Answer::Told(answer) if answer.starts_with('4'));
        self.inputs.iter().filter(|input| is_refused(&input.answer)).map(|_| 1.0).sum()
    }

    /// How many inputs of a kind, to which something was done, got which answer.
    pub(super) fn report(&self) -> String {
        let mut counts: BTreeMap<(&str, &str), BTreeMap<&str, usize>> = BTreeMap::new();
        for Input { kind, done, answer } in &self.inputs {
            let Answer::Told(answer) = answer else { panic!("{kind}, {done}: not explained") };
            *counts.entry((kind, done)).or_default().entry(answer).or_default() += 1;
        }
        let mut report = String::new();
        let mut last = "";
        for ((kind, done), answers) in counts {
            if kind != last {
                let total = self.inputs.iter().filter(|input| input.kind == kind).count();
                writeln!(report, "\n{kind}: {total}").unwrap();
                last = kind;
            }
            writeln!(report, "  {done}").unwrap();
            for (answer, count) in answers {
                writeln!(report, "    {count:>4} {answer}").unwrap();
            }
        }
        report
    }
}
