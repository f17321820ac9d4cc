//! Where the lead time of a deployment goes: parts that follow each other without gap or overlap, and so add up to it.
//!
//! Parts are cut at instants. Before the execution these are those of the first commit's pull request, as GitHub tells them;
//! from then on the beginnings and ends of the execution's actions. What nobody tells is a part of its own, never zero.
//!
//! Sources: GitHub Docs, "Webhook events and payloads" (`pull_request`, `pull_request_review`); CodePipeline API reference,
//! `ListActionExecutions`.

use jiff::Timestamp;

/// A part of a lead time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// What the time went into.
    pub kind: PartKind,
    /// When it began.
    pub start: Timestamp,
    /// When it ended, and the next one began.
    pub end: Timestamp,
}

/// What time goes into.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PartKind {
    /// From the first commit until its pull request is ready for review.
    Coding,
    /// Until somebody else reviews it.
    Pickup,
    /// Until it is approved for the last time.
    Review,
    /// Until it is merged.
    Merge,
    /// Until the execution begins that deploys it.
    Queue,
    /// Several of the above, whose border nobody tells.
    Untold,
    /// Actions of a stage of the pipeline that deploy nothing.
    Stage(String),
    /// Approvals only.
    Approval,
    /// Actions that deploy.
    Deploy,
    /// No action runs: between attempts, before a transition that is switched off, behind another execution.
    Wait,
}

/// When the pull request of a change's first commit came how far, as far as GitHub told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PullRequestTimes {
    /// When it was ready for review: opened, or no longer a draft.
    pub ready: Option<Timestamp>,
    /// When somebody else than who opened it reviewed it first.
    pub reviewed: Option<Timestamp>,
    /// When it was approved for the last time before it was merged.
    pub approved: Option<Timestamp>,
    /// When it was merged.
    pub merged: Option<Timestamp>,
}

/// An action of the execution that deployed, in one attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActionTime {
    /// Its stage.
    pub stage: String,
    /// What it does.
    pub category: ActionCategory,
    /// When it began.
    pub start: Timestamp,
    /// When it ended; none of one that has not.
    pub end: Option<Timestamp>,
}

/// What an action does, as far as parts tell it apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ActionCategory {
    /// It waits for somebody to approve.
    Approval,
    /// It deploys.
    Deploy,
    /// It does something else.
    Other,
}

/// The parts of the time from a change's first commit until it was deployed, in order of time, none of them empty.
///
/// An instant that lies before the one that it should follow is taken for that one: clocks differ, and people review after a
/// merge.
pub fn parts(
    first_commit: Timestamp,
    pull_request: PullRequestTimes,
    execution_began: Timestamp,
    actions: &[ActionTime],
    deployed: Timestamp,
) -> Vec<Part> {
    let mut parts = Parts { all: Vec::new(), reached: first_commit, deployed };
    let PullRequestTimes { ready, reviewed, approved, merged } = pull_request;
    let began = execution_began.clamp(first_commit, deployed.max(first_commit));
    let mut is_told = true;
    for (kind, until) in [
        (PartKind::Coding, ready),
        (PartKind::Pickup, reviewed),
        (PartKind::Review, approved),
        (PartKind::Merge, merged),
        (PartKind::Queue, Some(began)),
    ] {
        match until {
            Some(until) => {
                parts.until(until.min(began), if is_told { kind } else { PartKind::Untold });
                is_told = true;
            }
            None => is_told = false,
        }
    }
    let within = |time: &Timestamp| (began..deployed).contains(time);
    let mut borders: Vec<Timestamp> =
        actions.iter().flat_map(|action| [Some(action.start), action.end]).flatten().filter(within).collect();
    borders.push(deployed);
    borders.sort_unstable();
    for border in borders {
        let kind = running(actions, parts.reached);
        parts.until(border, kind);
    }
    parts.all
}

/// What an execution does from an instant on.
fn running(actions: &[ActionTime], time: Timestamp) -> PartKind {
    let runs = |action: &&ActionTime| action.start <= time && action.end.is_none_or(|end| time < end);
    let running: Vec<&ActionTime> = actions.iter().filter(runs).collect();
    let of = |category: ActionCategory| running.iter().find(|action| action.category == category);
    match (of(ActionCategory::Deploy), of(ActionCategory::Other), of(ActionCategory::Approval)) {
        (Some(_), _, _) => PartKind::Deploy,
        (None, Some(action), _) => PartKind::Stage(action.stage.clone()),
        (None, None, Some(_)) => PartKind::Approval,
        (None, None, None) => PartKind::Wait,
    }
}

/// Parts up to the instant that is reached.
struct Parts {
    all: Vec<Part>,
    reached: Timestamp,
    deployed: Timestamp,
}

impl Parts {
    /// Adds the time until an instant, if that is later than what is reached.
    fn until(&mut self, until: Timestamp, kind: PartKind) {
        let (start, end) = (self.reached, until.min(self.deployed));
        if end <= start {
            return;
        }
        self.reached = end;
        match self.all.last_mut() {
            Some(last) if last.kind == kind => last.end = end,
            _ => self.all.push(Part { kind, start, end }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fmt::Write;

    /// Hours after an instant.
    fn at(hours: f64) -> Timestamp {
        Timestamp::from_second((hours * 3600.0) as i64).unwrap()
    }

    fn action(stage: &str, category: ActionCategory, [start, end]: [f64; 2]) -> ActionTime {
        ActionTime { stage: stage.to_owned(), category, start: at(start), end: Some(at(end)) }
    }

    /// The parts from 0 h on, of an execution that begins after 10.
    fn check(pull_request: [Option<f64>; 4], actions: &[ActionTime], deployed: f64, expected: &str) {
        let [ready, reviewed, approved, merged] = pull_request.map(|hours| hours.map(at));
        let pull_request = PullRequestTimes { ready, reviewed, approved, merged };
        let mut found = String::new();
        for Part { kind, start, end } in parts(at(0.0), pull_request, at(10.0), actions, at(deployed)) {
            let hours = end.duration_since(start).as_secs_f64() / 3600.0;
            write!(found, "{kind:?} {hours}, ").unwrap();
        }
        assert_eq!(found.trim_end_matches(", "), expected);
    }

    const ALL: [Option<f64>; 4] = [Some(2.0), Some(3.0), Some(7.0), Some(8.0)];
    use ActionCategory::{Approval, Deploy, Other};

    #[test]
    fn before_the_execution() {
        check(ALL, &[], 10.0, "Coding 2, Pickup 1, Review 4, Merge 1, Queue 2");
        check([None; 4], &[], 10.0, "Untold 10");
        check([None, None, None, Some(8.0)], &[], 10.0, "Untold 8, Queue 2");
        check([Some(2.0), None, None, Some(8.0)], &[], 10.0, "Coding 2, Untold 6, Queue 2");
        check([Some(2.0), None, Some(7.0), None], &[], 10.0, "Coding 2, Untold 8");
        // A review after the merge, and a merge after the execution began, are outside.
        check([Some(2.0), Some(9.0), Some(7.0), Some(8.0)], &[], 10.0, "Coding 2, Pickup 7, Queue 1");
        check(
            [Some(2.0), Some(3.0), Some(7.0), Some(12.0)],
            &[],
            10.0,
            "Coding 2, Pickup 1, Review 4, Merge 3",
        );
    }

    #[test]
    fn an_approval_of_two_days() {
        let actions = [
            action("Source", Other, [10.0, 11.0]),
            action("Build", Other, [11.0, 12.0]),
            action("Release", Approval, [12.0, 60.0]),
            action("Production", Deploy, [60.0, 61.0]),
        ];
        let expected = "Coding 2, Pickup 1, Review 4, Merge 1, Queue 2, Stage(\"Source\") 1, Stage(\"Build\") 1, Approval 48, Deploy 1";
        check(ALL, &actions, 61.0, expected);
    }

    #[test]
    fn actions_side_by_side_and_attempts() {
        let actions = [
            action("Build", Other, [10.0, 12.0]),
            // Only after the other action has ended is the approval what is waited for.
            action("Build", Approval, [11.0, 14.0]),
            // A transition was switched off, and a stage was tried again.
            action("Production", Deploy, [16.0, 17.0]),
            action("Production", Deploy, [20.0, 21.0]),
        ];
        check(
            [None; 4],
            &actions,
            21.0,
            "Untold 10, Stage(\"Build\") 2, Approval 2, Wait 2, Deploy 1, Wait 3, Deploy 1",
        );
        // What goes on after the deployment does not count.
        check([None; 4], &actions, 16.5, "Untold 10, Stage(\"Build\") 2, Approval 2, Wait 2, Deploy 0.5");
    }

    #[test]
    fn clocks_differ() {
        check(ALL, &[], 5.0, "Coding 2, Pickup 1, Review 2");
        check(ALL, &[], -1.0, "");
    }
}
