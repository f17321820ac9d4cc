//! Where the time of a change went, told by asking of each stretch of time what went on in its middle.

use super::history::{Brought, Requested, Way};
use jiff::{SignedDuration, Timestamp};
use metrics_lib::contract::Metric;
use serde_json::Value;
use simulator::payload_builders::Execution;
use std::collections::BTreeMap;

/// How long a change that began with a commit was in what, until an execution deployed it.
pub(super) fn of(first: Brought, execution: &Execution) -> BTreeMap<Metric, SignedDuration> {
    let actions: Vec<Action> = execution.actions.iter().filter_map(Action::of).collect();
    let began = actions.iter().map(|action| action.start).min().unwrap_or(execution.end);
    let of_change = match first.way {
        Way::Pushed(at) => vec![at],
        Way::Requested(Requested { ready, reviewed, approved, merged }) => {
            [ready, reviewed, approved, Some(merged)].into_iter().flatten().collect()
        }
    };
    let of_actions = actions.iter().flat_map(|action| [action.start, action.end]);
    let mut instants: Vec<Timestamp> =
        of_change.into_iter().chain(of_actions).chain([first.time, execution.end]).collect();
    instants.retain(|time| (first.time..=execution.end).contains(time));
    instants.sort();
    let mut spent = BTreeMap::new();
    for stretch in instants.windows(2) {
        let length = stretch[1].duration_since(stretch[0]);
        let middle = stretch[0] + length / 2;
        let metric = if middle < began { on_its_way(first.way, middle) } else { running(&actions, middle) };
        if !length.is_zero() {
            *spent.entry(metric).or_default() += length;
        }
    }
    spent
}

/// What a change was in before any pipeline ran.
fn on_its_way(way: Way, now: Timestamp) -> Metric {
    let Requested { ready, reviewed, approved, merged } = match way {
        Way::Pushed(at) if now < at => return Metric::CodingTime,
        Way::Pushed(_) => return Metric::QueueTime,
        Way::Requested(requested) => requested,
    };
    let is_after = |time: Option<Timestamp>| time.is_some_and(|time| time <= now);
    match (ready, reviewed, approved) {
        _ if merged <= now => Metric::QueueTime,
        (_, Some(_), Some(approved)) if approved <= now => Metric::MergeTime,
        (_, Some(reviewed), _) if reviewed <= now => Metric::ReviewTime,
        (Some(ready), Some(_), _) if ready <= now => Metric::PickupTime,
        (Some(_), _, _) if !is_after(ready) => Metric::CodingTime,
        _ => Metric::UnknownTime,
    }
}

/// What a pipeline did.
fn running(actions: &[Action], now: Timestamp) -> Metric {
    let mut running = actions.iter().filter(|action| action.start <= now && now < action.end).peekable();
    let waits = running.peek().is_some();
    let (mut is_approval, mut is_production) = (waits, false);
    for action in running {
        is_approval &= action.category == "Approval";
        is_production |= action.stage == "Production" && action.category != "Approval";
    }
    match (is_production, is_approval) {
        (true, _) => Metric::DeployTime,
        (false, true) => Metric::ApprovalWait,
        (false, false) => Metric::PipelineTime,
    }
}

/// An action of an execution.
struct Action {
    stage: String,
    category: String,
    start: Timestamp,
    end: Timestamp,
}

impl Action {
    fn of(action: &Value) -> Option<Self> {
        let text = |value: &Value| value.as_str().map(str::to_owned);
        Some(Self {
            stage: text(&action["stageName"])?,
            category: text(&action["input"]["actionTypeId"]["category"])?,
            start: action["startTime"].as_str()?.parse().ok()?,
            end: action["lastUpdateTime"].as_str()?.parse().ok()?,
        })
    }
}
