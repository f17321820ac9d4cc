//! A way, and what is said of each of its hops.

use crate::doctor::finding::Finding;
use jiff::SignedDuration;

/// A way, hop by hop.
pub(super) struct Way {
    /// Where it leads to.
    to: &'static str,
    pub(super) findings: Vec<Finding>,
    pub(super) is_broken: bool,
}

impl Way {
    /// A way without hops yet.
    pub(super) fn new(to: &'static str) -> Self {
        Self { to, findings: Vec::new(), is_broken: false }
    }

    /// A hop that was passed, and how long after it was sent, where that is known. What is behind one that was not passed is
    /// not reached.
    pub(super) fn passed(&mut self, hop: &str, after: Option<SignedDuration>) {
        self.hop(hop, |check, subject| match after {
            None => Finding::ok(check, subject, "passed"),
            Some(after) => {
                let after = after.max(SignedDuration::ZERO);
                let found = format!("passed after {:.1} s", after.as_secs_f64());
                Finding::ok(check, subject, found).after(after)
            }
        });
    }

    /// A hop that was not passed, if none before it was broken.
    pub(super) fn failed(&mut self, hop: &str, found: impl Into<String>, remedy: impl Into<String>) {
        self.hop(hop, |check, subject| Finding::failed(check, subject, found, remedy));
        self.is_broken = true;
    }

    /// A hop of which nobody can tell whether it was passed.
    pub(super) fn unknown(&mut self, hop: &str, found: &'static str) {
        self.hop(hop, |check, subject| Finding::skipped(check, subject, found, "mend what is behind it"));
    }

    fn hop(&mut self, hop: &str, of: impl FnOnce(&'static str, String) -> Finding) {
        const CHECK: &str = "probe";
        let subject = format!("to {}, {hop}", self.to);
        self.findings.push(match self.is_broken {
            true => Finding::skipped(CHECK, subject, "is not reached", "mend what is before it"),
            false => of(CHECK, subject),
        });
    }
}
