//! What was found.

use crate::output::Words;
use jiff::SignedDuration;
use serde::Serialize;
use std::fmt::{self, Display, Formatter};

/// What a check found.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Finding {
    /// What was checked: `queue`, `rule`.
    check: &'static str,
    /// Which one.
    subject: String,
    verdict: Verdict,
    /// What was found.
    found: String,
    /// How long it took, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    after: Option<f64>,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    remedy: Option<String>,
}

/// What to think of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
enum Verdict {
    /// As it should be.
    Ok,
    /// As it is, for good: somebody should know.
    Noted,
    /// Not checked.
    Skipped,
    /// Figures are missing, wrong, or will be.
    Failed,
}

impl Finding {
    /// As it should be.
    pub(super) fn ok(check: &'static str, subject: impl Into<String>, found: impl Into<String>) -> Self {
        let (subject, found) = (subject.into(), found.into());
        Self { check, subject, verdict: Verdict::Ok, found, after: None, remedy: None }
    }

    /// With how long it took.
    pub(super) fn after(self, after: SignedDuration) -> Self {
        Self { after: Some(after.as_secs_f64()), ..self }
    }

    /// Not as it should be.
    pub(super) fn failed(
        check: &'static str,
        subject: impl Into<String>,
        found: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self { verdict: Verdict::Failed, remedy: Some(remedy.into()), ..Self::ok(check, subject, found) }
    }

    /// Nothing can be done about it, but somebody should know.
    pub(super) fn noted(
        check: &'static str,
        subject: impl Into<String>,
        found: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self { verdict: Verdict::Noted, ..Self::failed(check, subject, found, remedy) }
    }

    /// Not checked, and what it would take.
    pub(super) fn skipped(
        check: &'static str,
        subject: impl Into<String>,
        found: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self { verdict: Verdict::Skipped, ..Self::failed(check, subject, found, remedy) }
    }
}

/// What all checks found.
#[derive(Debug, Serialize)]
pub(super) struct Findings {
    healthy: bool,
    findings: Vec<Finding>,
}

impl Findings {
    /// Of some findings.
    pub(super) fn new(findings: Vec<Finding>) -> Self {
        let healthy = findings.iter().all(|finding| finding.verdict != Verdict::Failed);
        Self { healthy, findings }
    }

    /// Whether nothing failed.
    pub(super) fn is_healthy(&self) -> bool {
        self.healthy
    }
}

impl Display for Findings {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for Finding { check, subject, verdict, found, remedy, .. } in &self.findings {
            let verdict = match verdict {
                Verdict::Ok => "ok",
                Verdict::Noted => "note",
                Verdict::Skipped => "skipped",
                Verdict::Failed => "FAILED",
            };
            writeln!(f, "{verdict:<7}  {check} {}: {}", Words(subject), Words(found))?;
            if let Some(remedy) = remedy {
                writeln!(f, "         {}", Words(remedy))?;
            }
        }
        let of = |asked: Verdict| self.findings.iter().filter(|finding| finding.verdict == asked).count();
        let [ok, skipped, failed] = [Verdict::Ok, Verdict::Skipped, Verdict::Failed].map(of);
        writeln!(f, "\n{ok} checks are fine, {failed} failed, {skipped} were skipped.")
    }
}
