//! Sends what is marked the way of all data, and tells each hop that it passed, or the first that it did not.

mod events;
mod undelivered;

pub(super) use events::events;

use super::finding::Finding;
use jiff::SignedDuration;

/// A way, hop by hop.
struct Way {
    /// Where it leads to.
    to: &'static str,
    findings: Vec<Finding>,
    is_broken: bool,
}

impl Way {
    /// A way without hops yet.
    fn new(to: &'static str) -> Self {
        Self { to, findings: Vec::new(), is_broken: false }
    }

    /// A hop that was passed, and how long after it was sent, where that is known. What is behind one that was not passed is
    /// not reached.
    fn passed(&mut self, hop: &str, after: Option<SignedDuration>) {
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
    fn failed(&mut self, hop: &str, found: impl Into<String>, remedy: impl Into<String>) {
        self.hop(hop, |check, subject| Finding::failed(check, subject, found, remedy));
        self.is_broken = true;
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
