//! What came of a replay, as the page shows it.

use crate::replay_result::{IgnoredExecution, ReplayResult, ReplayedFact, ReplayedIncident};
use dashboard_page::page::{self, Attribution, LeftOut, PageData};
use jiff::Timestamp;
use metrics_lib::{
    fact::{FactKind, FactState},
    sources::codepipeline::ExecutionKey,
    window::Period,
};
use program::settings::Settings;
use std::collections::BTreeMap;

/// What the page of a replay is made of; `of` says whose figures they are, `now` is when it ended.
pub fn page_data(result: &ReplayResult, of: &str, settings: &Settings, now: Timestamp) -> PageData {
    // An incident that is not attributed is listed as such, not as a failure that may come of it.
    let facts =
        result.facts.iter().filter(|fact| fact.kind != FactKind::Failure || fact.execution_id.is_some());
    let ignored = result.ignored.iter().map(ignored);
    let refused = result.refused.iter().map(|event| LeftOut {
        time: event.at,
        kind: "Events that no rule or policy lets through",
        what: format!(
            "{} of {}, account {}, {}",
            event.detail_type, event.source, event.place.account, event.place.region
        ),
        why: event.reason.clone(),
    });
    let dead = result.dead_letters.iter().map(|letter| LeftOut {
        time: letter.at,
        kind: "Messages that could not be finished",
        what: format!("queue {}", letter.queue),
        why: format!("given up after {} tries; it is kept as a dead letter", letter.receives),
    });
    PageData {
        of: of.to_owned(),
        now: present(result, now),
        teams: settings.teams.clone(),
        repositories: settings.dashboards.repositories.iter().cloned().collect(),
        facts: facts.map(fact).chain(ignored).collect(),
        incidents: result.incidents.iter().map(incident).collect(),
        left_out: refused.chain(dead).collect(),
    }
}

/// The end of the day that the last thing happened on: nothing opens on the time that a replay waits for what may still come.
fn present(result: &ReplayResult, now: Timestamp) -> Timestamp {
    let facts = result.facts.iter().map(|fact| fact.time);
    let incidents = result.incidents.iter().map(|incident| incident.time);
    let last = facts.chain(incidents).chain(result.ignored.iter().map(|ignored| ignored.time)).max();
    let end = last.and_then(|last| Period::Day.containing(last).ok()).map(|day| day.end);
    end.unwrap_or(now)
}

fn fact(fact: &ReplayedFact) -> page::PageFact {
    page::PageFact {
        kind: fact.kind,
        time: fact.time,
        repository: fact.repository.clone(),
        deployment: fact.deployment(),
        incident: fact.ops_item_id.clone(),
        seconds: fact.value,
        parts: fact.parts.clone(),
        samples: fact.samples.clone(),
        state: fact.state,
        evidence: fact.evidence.clone(),
        revision: fact.revision.clone(),
    }
}

/// An execution that is none is a fact, too.
fn ignored(ignored: &IgnoredExecution) -> page::PageFact {
    let IgnoredExecution { time, place, pipeline, execution_id, repository, reason } = ignored.clone();
    page::PageFact {
        kind: FactKind::Ignored,
        time,
        repository,
        deployment: Some(ExecutionKey { place, pipeline, execution_id }.into()),
        incident: None,
        seconds: None,
        parts: Vec::new(),
        samples: BTreeMap::new(),
        state: FactState::Published,
        evidence: reason,
        revision: None,
    }
}

fn incident(incident: &ReplayedIncident) -> page::PageIncident {
    let ReplayedIncident { key, time, blamed, is_pending, evidence } = incident.clone();
    let attribution = match blamed {
        Some((deployment, repository)) => Attribution::Deployment { deployment, repository },
        None if is_pending => Attribution::Pending,
        None => Attribution::Nothing,
    };
    page::PageIncident { key, time, attribution, evidence }
}
