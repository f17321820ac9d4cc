//! Which events go where: the rules, the bus with its policy, and the queue of each function.

use super::{
    Bus, Consumer, Forwarded, PolicyStatement, Queue, ReadRole, Rule, Senders,
    functions::{CONSUMERS, Entry, Events, LEAD_TIME, Takes},
};
use crate::{
    naming::Names,
    settings::Settings,
    sources::{EventKind, EventSource, Tells},
};
use jiff::SignedDuration;
use metrics_lib::{
    contract::{env, probe},
    lead_time::MEASURED_AFTER,
    place::Place,
};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use vec1::Vec1;

/// A function behind its queue.
pub(super) type Route = Entry<Events>;

/// The functions that there are; without lead times, nothing is handed on.
pub(super) fn measured(lead_time: bool) -> impl Iterator<Item = &'static Route> {
    CONSUMERS.iter().filter(move |route| lead_time || route.name != LEAD_TIME)
}

/// The rules on a default bus: they forward only what is used, to the bus of the operations account. Pipelines run in tooling
/// accounts only.
pub(super) fn forwarding_rules(
    names: &Names,
    sources: &[&EventSource],
    forwarded: Forwarded,
    incident_types: &BTreeSet<String>,
) -> Vec<Rule> {
    let kinds = kinds(names, sources).into_iter().filter(|kind| match kind.of {
        Of::Source(Tells::Deployments) => forwarded.executions,
        Of::Source(Tells::Incidents) | Of::Probes => forwarded.incidents,
    });
    let rule = |kind: Kind| Rule {
        name: names.of(kind.name),
        description: kind.description,
        pattern: kind.pattern(incident_types),
        targets: vec![names.bus()],
    };
    kinds.map(rule).collect()
}

/// A kind of events that the product uses.
struct Kind {
    of: Of,
    /// Its name, as part of those of rules.
    name: &'static str,
    description: &'static str,
    event_source: String,
    detail_types: &'static [&'static str],
    detail: Option<fn(&BTreeSet<String>) -> Value>,
}

/// What events are of.
#[derive(Clone, Copy, PartialEq)]
enum Of {
    Source(Tells),
    /// The product itself.
    Probes,
}

/// The kinds of events that the product uses: those of the sources, and probes.
fn kinds(names: &Names, sources: &[&EventSource]) -> Vec<Kind> {
    let of_sources = sources.iter().flat_map(|source| {
        source.events.iter().map(|EventKind { name, description, detail_types, detail }| Kind {
            of: Of::Source(source.tells),
            name,
            description,
            event_source: source.event_source.to_owned(),
            detail_types,
            detail: Some(*detail),
        })
    });
    let probes = Kind {
        of: Of::Probes,
        name: PROBE,
        description: "Probes, which show whether events come",
        event_source: names.probe_source(),
        detail_types: &[probe::DETAIL_TYPE],
        detail: None,
    };
    of_sources.chain([probes]).collect()
}

impl Kind {
    fn pattern(&self, incident_types: &BTreeSet<String>) -> Value {
        let mut pattern = json!({"source": [self.event_source], "detail-type": self.detail_types});
        if let Some(detail) = self.detail {
            pattern["detail"] = detail(incident_types);
        }
        pattern
    }

    /// Whether a queue gets such events.
    fn is_for(&self, takes: Takes) -> bool {
        match self.of {
            Of::Source(Tells::Deployments) => takes == Takes::Executions,
            Of::Source(Tells::Incidents) => takes == Takes::Incidents,
            Of::Probes => true,
        }
    }
}

/// The name of the rules of probes.
pub(crate) const PROBE: &str = "probe";

/// The bus. Its policy takes events of pipelines from where those count, incidents from wherever they count, and probes from
/// wherever there is a stack, which is there, too: that it takes more pairs of source and type than there are does no harm,
/// since the bus's rules ask for source and type together.
pub(super) fn bus(names: &Names, settings: &Settings, sources: &[&EventSource]) -> Bus {
    let of_pipelines = senders(names, settings, settings.pipeline_places());
    let everywhere = senders(names, settings, settings.ops_item_places());
    let kinds = kinds(names, sources);
    let mut rules = Vec::new();
    for route in measured(settings.lead_time) {
        for kind in kinds.iter().filter(|kind| kind.is_for(route.trigger.takes)) {
            let mut pattern = kind.pattern(&settings.incidents.types);
            let senders = if kind.of == Of::Source(Tells::Deployments) { &of_pipelines } else { &everywhere };
            if let Some(accounts) = listed(senders) {
                pattern["account"] = json!(accounts);
            }
            rules.push(Rule {
                name: names.of(&format!("{}-to-{}", kind.name, route.name)),
                description: kind.description,
                pattern,
                targets: vec![names.queue(route.name)],
            });
        }
    }
    let (of_deployments, of_others): (Vec<Kind>, Vec<Kind>) =
        kinds.into_iter().partition(|kind| kind.of == Of::Source(Tells::Deployments));
    let executions = allowed(of_pipelines, &of_deployments);
    let others = allowed(everywhere, &of_others);
    Bus { name: names.bus(), policy: [executions, others].concat(), rules }
}

/// The statements that let some senders put some kinds of events.
fn allowed(senders: Vec<Senders>, kinds: &[Kind]) -> Vec<PolicyStatement> {
    let mut sources: Vec<String> = kinds.iter().map(|kind| kind.event_source.clone()).collect();
    sources.dedup();
    let detail_types: Vec<&str> = kinds.iter().flat_map(|kind| kind.detail_types).copied().collect();
    let (Ok(sources), Ok(detail_types)) = (Vec1::try_from_vec(sources), Vec1::try_from_vec(detail_types))
    else {
        return Vec::new();
    };
    let statement =
        |senders| PolicyStatement { senders, sources: sources.clone(), detail_types: detail_types.clone() };
    senders.into_iter().map(statement).collect()
}

/// Who may send what comes from some places, or from the members of the organisation.
fn senders(names: &Names, settings: &Settings, places: impl Iterator<Item = Place>) -> Vec<Senders> {
    let members = settings.organization.as_ref().map(|organization| Senders::Members {
        organization: organization.clone(),
        roles: names.role_arn("*", &names.forward_role("*")),
    });
    listed_senders(names, places).into_iter().chain(members).collect()
}

/// Who may send what comes from some places; none if there is no place.
fn listed_senders(names: &Names, places: impl Iterator<Item = Place>) -> Option<Senders> {
    let own = names.ops_place();
    let mut accounts = BTreeSet::new();
    let mut roles = BTreeSet::new();
    for place in places {
        roles.insert(names.role_arn(&place.account, &names.forward_role(&place.region)));
        // Of its own place, the operations account's stack forwards the incidents and probes, under a role of its own.
        if place == *own {
            roles.insert(names.role_arn(&place.account, &names.ops_forward_role()));
        }
        accounts.insert(place.account);
    }
    let several = |texts: BTreeSet<String>| Vec1::try_from_vec(Vec::from_iter(texts)).ok();
    Some(Senders::Listed { accounts: several(accounts)?, roles: several(roles)? })
}

/// The accounts of senders, if all of them are known.
fn listed(senders: &[Senders]) -> Option<BTreeSet<&String>> {
    let mut accounts = BTreeSet::new();
    for senders in senders {
        match senders {
            Senders::Listed { accounts: listed, .. } => accounts.extend(listed),
            Senders::Members { .. } => return None,
        }
    }
    Some(accounts)
}

/// A function behind its queue.
pub(super) fn consumer(route: &Route, names: &Names, settings: &Settings, read_role: &ReadRole) -> Consumer {
    let mut function = route.consumer(names, settings, read_role);
    let queue = queue(route, names, settings, route.timeout);
    function.environment.insert(env::TRIES.to_owned(), queue.max_receive_count.to_string());
    Consumer { function, queue }
}

/// The queue of a function, which may take as long as `timeout`.
pub(super) fn queue(route: &Route, names: &Names, settings: &Settings, timeout: SignedDuration) -> Queue {
    // AWS's advice for queues in front of functions: six times the function's timeout.
    let visibility_timeout = timeout * 6;
    let attribution_delay = settings.measuring.attribution_delay;
    let measured_after = if settings.lead_time { MEASURED_AFTER } else { SignedDuration::ZERO };
    let restore_delay = attribution_delay.max(measured_after);
    // A deployment is counted, and what becomes of an incident is noted, at once. Pushes and pull requests are late, and gathered
    // on their way to the lake: a query at once would come too early.
    let delay = match route.trigger.takes {
        Takes::Executions | Takes::Incidents => SignedDuration::ZERO,
        Takes::Deployments => MEASURED_AFTER,
    };
    // What can't be decided before the attribution delay is over, or a restore, waits in rounds of the visibility timeout, which
    // count as receives.
    let wait = (restore_delay - delay).max(SignedDuration::ZERO);
    let rounds = u32::try_from(wait.as_secs() / visibility_timeout.as_secs() + 1).unwrap_or(u32::MAX);
    Queue {
        name: names.queue(route.name),
        delay,
        visibility_timeout,
        max_receive_count: 20 + rounds,
        dead_letter_queue: names.dead_letters(route.name),
        retention: SignedDuration::from_hours(14 * 24),
        batch_size: 10,
        maximum_concurrency: route.trigger.maximum_concurrency,
    }
}
