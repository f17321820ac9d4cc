//! Reviews of pull requests.

use super::{InvalidPayload, Marks, repository::Repository};
use crate::lake::{Change, PullRequestStep, StepKind};
use jiff::Timestamp;
use serde::Deserialize;

/// Event `pull_request_review`.
#[derive(Deserialize)]
pub(super) struct ReviewPayload {
    action: String,
    review: Review,
    pull_request: ReviewedPullRequest,
    pub(super) repository: Repository,
}

#[derive(Deserialize)]
struct Review {
    // Lower case in deliveries, upper case in the API.
    state: String,
    submitted_at: Option<Timestamp>,
    // Null, if the account is no more.
    user: Option<Account>,
}

#[derive(Deserialize)]
struct ReviewedPullRequest {
    number: u64,
    user: Option<Account>,
}

#[derive(Deserialize)]
struct Account {
    id: u64,
    login: String,
    #[serde(rename = "type")]
    kind: Option<String>,
}

/// That somebody reviewed a pull request: neither who opened it nor a bot.
pub(super) fn review(payload: ReviewPayload, marks: &Marks) -> Result<Vec<Change>, InvalidPayload> {
    let ReviewPayload { action, review, pull_request, repository } = payload;
    let is_bot = |account: &Account| {
        account.kind.as_deref() == Some("Bot") || marks.bots.contains(account.login.as_str())
    };
    let is_own = |account: &Account| pull_request.user.as_ref().is_some_and(|user| user.id == account.id);
    if action != "submitted" || review.user.as_ref().is_some_and(|user| is_bot(user) || is_own(user)) {
        return Ok(Vec::new());
    }
    let missing = |field| InvalidPayload::unreadable("pull_request_review", field);
    Ok(vec![Change::PullRequestStep(PullRequestStep {
        repository: repository.name().ok_or_else(|| missing("repository.full_name"))?.to_owned(),
        repository_id: repository.id,
        number: pull_request.number,
        step: match review.state.eq_ignore_ascii_case("approved") {
            true => StepKind::Approved,
            false => StepKind::Reviewed,
        },
        happened: review.submitted_at.ok_or_else(|| missing("review.submitted_at"))?,
    })])
}

#[cfg(test)]
mod tests {
    use super::super::tests::{check as check_changes, step};
    use super::*;
    use serde_json::{Value, json};

    #[test]
    fn reviews() {
        let payload = |reviewer: Value, state: &str| {
            json!({
                "action": "submitted",
                "review": {"state": state, "submitted_at": "2026-06-15T12:00:00Z", "user": reviewer, "body": "Well"},
                "pull_request": {"number": 7, "user": {"id": 1, "login": "person", "type": "User"}},
                "repository": {"full_name": "acme/shop"},
            })
        };
        let check = |reviewer: Value, state: &str, expected: Option<StepKind>| {
            let expected = expected.map(|step| (step, 7, "2026-06-15T12:00:00Z".to_owned()));
            assert_eq!(step("pull_request_review", &payload(reviewer, state)), expected);
        };
        let other = json!({"id": 2, "login": "other", "type": "User"});
        check(other.clone(), "approved", Some(StepKind::Approved));
        check(other.clone(), "APPROVED", Some(StepKind::Approved));
        check(other.clone(), "commented", Some(StepKind::Reviewed));
        check(other.clone(), "changes_requested", Some(StepKind::Reviewed));
        check(json!(null), "approved", Some(StepKind::Approved));
        // Who opened it, and bots.
        check(json!({"id": 1, "login": "person", "type": "User"}), "commented", None);
        check(json!({"id": 3, "login": "reviewer[bot]", "type": "Bot"}), "commented", None);
        check(json!({"id": 4, "login": "renovate", "type": "User"}), "approved", None);
        let mut dismissed = payload(other.clone(), "dismissed");
        dismissed["action"] = json!("dismissed");
        assert_eq!(step("pull_request_review", &dismissed), None);
        let mut unsubmitted = payload(other, "approved");
        unsubmitted["review"]["submitted_at"] = json!(null);
        check_changes("pull_request_review", &unsubmitted, Err("review.submitted_at can't be read"));
        check_changes(
            "pull_request_review",
            &json!({"action": "submitted"}),
            Err(".: missing field `review`"),
        );
    }
}
