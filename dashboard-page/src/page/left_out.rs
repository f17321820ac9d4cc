//! What is not in the figures, with the reason.

use super::{
    data::{Attribution, PageData},
    words::Words,
};
use metrics_lib::fact::LeftOut;
use serde::Serialize;
use std::collections::BTreeMap;

/// What is left out for one kind of reason.
#[derive(Debug, Serialize)]
pub(super) struct Group {
    title: &'static str,
    /// Time, repository, what, why; the newest first.
    rows: Vec<(i64, i64, i64, i64)>,
}

const PENDING: &str = "Not decided yet";
const WITHOUT_LEAD_TIME: &str = "Deployments without a lead time";
const NOT_IN_CLOUDWATCH: &str = "Counted here, but not in CloudWatch";
const UNATTRIBUTED: &str = "Incidents that no deployment is blamed for";
const IGNORED: &str = "Executions that are no production deployment";

/// What is left out, in groups of a kind.
pub(super) fn left_out(data: &PageData, words: &mut Words) -> Vec<Group> {
    let mut groups: BTreeMap<&'static str, Vec<(i64, i64, i64, i64)>> = BTreeMap::new();
    for fact in &data.facts {
        let Some(left_out) = LeftOut::of(fact.kind, fact.state, fact.seconds.is_some()) else { continue };
        let title = title(left_out);
        let what = match (&fact.deployment, &fact.incident) {
            (Some(key), _) => format!("{} {}", key.unit_name(), key.id()),
            (None, Some(incident)) => incident.clone(),
            (None, None) => String::new(),
        };
        groups.entry(title).or_default().push((
            fact.time.as_second(),
            words.optional(fact.repository.as_deref()),
            words.number(&what),
            words.number(&fact.evidence),
        ));
    }
    for incident in &data.incidents {
        let title = match incident.attribution {
            Attribution::Deployment { .. } => continue,
            Attribution::Pending => PENDING,
            Attribution::Nothing => UNATTRIBUTED,
        };
        let (id, evidence) = (words.number(&incident.key.id().to_string()), words.number(&incident.evidence));
        groups.entry(title).or_default().push((incident.time.as_second(), Words::NONE, id, evidence));
    }
    for event in &data.left_out {
        let (what, why) = (words.number(&event.what), words.number(&event.why));
        groups.entry(event.kind).or_default().push((event.time.as_second(), Words::NONE, what, why));
    }
    let newest_first = |(title, mut rows): (_, Vec<(i64, i64, i64, i64)>)| {
        rows.sort_by(|a, b| b.cmp(a));
        Group { title, rows }
    };
    groups.into_iter().map(newest_first).collect()
}

fn title(left_out: LeftOut) -> &'static str {
    match left_out {
        LeftOut::Ignored => IGNORED,
        LeftOut::Unattributed => UNATTRIBUTED,
        LeftOut::Pending => PENDING,
        LeftOut::WithoutLeadTime => WITHOUT_LEAD_TIME,
        LeftOut::TooOld | LeftOut::Undecided => NOT_IN_CLOUDWATCH,
    }
}
