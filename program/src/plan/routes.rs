//! Which events go where: the rules, the buses with their policies, and the queue of each metric.

use super::{
    Bus, Consumer, Forwarded, PolicyStatement, Queue, ReadRole, Rule, Senders,
    functions::{CONSUMERS, Entry, Events, Incidents, LEAD_TIME},
};
use crate::{naming::Names, settings::Settings};
use jiff::SignedDuration;
use metrics_lib::{
    contract::{env, probe},
    lead_time::MEASURED_AFTER,
};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use vec1::{Vec1, vec1};

/// The source of CodePipeline's events.
pub(crate) const CODEPIPELINE: &str = "aws.codepipeline";
const EXECUTION: &str = "CodePipeline Pipeline Execution State Change";
/// The source of Systems Manager's events.
pub(super) const SSM: &str = "aws.ssm";
const STAGE: &str = "CodePipeline Stage Execution State Change";
const OPS_ITEM_CREATE: &str = "OpsItem Create";
const OPS_ITEM_UPDATE: &str = "OpsItem Update";

/// The longest delivery delay of an SQS queue.
const MAX_DELAY: SignedDuration = SignedDuration::from_mins(15);

/// A metric's place: its function's name is that of its bus, too.
pub(super) type Route = Entry<Events>;

/// The routes of the metrics that are measured.
pub(super) fn measured(lead_time: bool) -> impl Iterator<Item = &'static Route> {
    CONSUMERS.iter().filter(move |route| lead_time || route.name != LEAD_TIME)
}

/// The rules on a default bus: they forward only what a metric uses, to the buses of the metrics that use it. Pipelines
/// run in tooling accounts only.
pub(super) fn forwarding_rules(
    names: &Names,
    lead_time: bool,
    forwarded: Forwarded,
    incident_types: &BTreeSet<String>,
) -> Vec<Rule> {
    let rule = |name: &str, description, pattern: Value, uses: fn(&Route) -> bool| Rule {
        name: names.of(name),
        description,
        pattern,
        targets: measured(lead_time).filter(|route| uses(route)).map(|route| names.bus(route.name)).collect(),
    };
    let mut rules = Vec::new();
    if forwarded.executions {
        let ended = "Pipeline executions that ended";
        rules.push(rule("executions", ended, execution_pattern(), |route| route.trigger.executions));
        let succeeded = "Stages that succeeded";
        rules.push(rule("stages", succeeded, stage_pattern(), |route| route.trigger.executions));
    }
    if forwarded.incidents {
        let raised = raised_pattern(incident_types);
        rules.push(rule("incidents-raised", "Incidents that were raised", raised, |route| {
            route.trigger.incidents != Incidents::No
        }));
        let changed = changed_pattern(incident_types);
        rules.push(rule("incidents-changed", "Incidents that were changed", changed, |route| {
            route.trigger.incidents == Incidents::RaisedAndChanged
        }));
        rules.push(rule(PROBE, "Probes, which show whether events come", probe_pattern(names), |_| true));
    }
    rules
}

/// How an execution can end: with any of these, its production stage may have succeeded.
fn execution_pattern() -> Value {
    let states = ["SUCCEEDED", "FAILED", "STOPPED", "SUPERSEDED", "CANCELED"];
    json!({"source": [CODEPIPELINE], "detail-type": [EXECUTION], "detail": {"state": states}})
}

/// Which stage is the production stage, only the operations account knows.
fn stage_pattern() -> Value {
    json!({"source": [CODEPIPELINE], "detail-type": [STAGE], "detail": {"state": ["SUCCEEDED"]}})
}

/// The name of the rules of probes.
pub(crate) const PROBE: &str = "probe";

fn probe_pattern(names: &Names) -> Value {
    json!({"source": [names.probe_source()], "detail-type": [probe::DETAIL_TYPE]})
}

/// Events of `OpsItem`s without a type, or with null for it, pass: the functions ask the API for the type. No types mean
/// all of them.
fn of_types(types: &BTreeSet<String>) -> Value {
    let mut allowed: Vec<Value> = types.iter().map(|kind| json!(kind)).collect();
    if allowed.is_empty() {
        allowed.push(json!({"exists": true}));
    }
    allowed.extend([Value::Null, json!({"exists": false})]);
    allowed.into()
}

fn raised_pattern(types: &BTreeSet<String>) -> Value {
    json!({"source": [SSM], "detail-type": [OPS_ITEM_CREATE], "detail": {"ops-item-type": of_types(types)}})
}

fn changed_pattern(types: &BTreeSet<String>) -> Value {
    json!({"source": [SSM], "detail-type": [OPS_ITEM_UPDATE], "detail": {"ops-item-type": of_types(types)}})
}

/// Every bus. The one of a metric that is not measured stands ready, and nobody may put anything on it.
pub(super) fn buses(names: &Names, settings: &Settings) -> Vec<Bus> {
    let bus = |route: &Route| match measured(settings.lead_time).any(|measured| measured.name == route.name) {
        true => bus(route, names, settings),
        false => Bus { name: names.bus(route.name), policy: Vec::new(), rules: Vec::new() },
    };
    CONSUMERS.iter().map(bus).collect()
}

/// A bus takes probes from wherever there is a stack. Where a statement has those senders already, it names the source of the
/// probes too, since a list of senders is what makes a policy long: that it takes more pairs of source and type then than
/// there are does no harm, since the bus's rules ask for source and type together.
fn bus(route: &Route, names: &Names, settings: &Settings) -> Bus {
    let mut policy = Vec::new();
    let mut rules = Vec::new();
    let mut add = |name: &str, description, senders: &[Senders], mut pattern: Value| {
        if let Some(accounts) = listed(senders) {
            pattern["account"] = json!(accounts);
        }
        let targets = vec![names.queue(route.name)];
        rules.push(Rule { name: names.of(&format!("{}-{name}", route.name)), description, pattern, targets });
    };
    let mut allow = |senders: Vec<Senders>, sources: Vec1<String>, detail_types: Vec1<&'static str>| {
        policy.extend(senders.into_iter().map(|senders| PolicyStatement {
            senders,
            sources: sources.clone(),
            detail_types: detail_types.clone(),
        }));
    };
    let everywhere = senders(names, settings, settings.ops_item_places());
    let own = names.probe_source();
    if route.trigger.executions {
        let senders = senders(names, settings, settings.pipeline_places());
        add("executions", "Executions that ended in tooling accounts", &senders, execution_pattern());
        add("stages", "Stages that succeeded in tooling accounts", &senders, stage_pattern());
        if route.trigger.incidents == Incidents::No {
            allow(
                senders,
                vec1![CODEPIPELINE.into(), own.clone()],
                vec1![EXECUTION, STAGE, probe::DETAIL_TYPE],
            );
            let pipelines: BTreeSet<_> = settings.pipeline_places().collect();
            let others = settings.ops_item_places().filter(|place| !pipelines.contains(place));
            allow(
                listed_senders(names, others).into_iter().collect(),
                vec1![own.clone()],
                vec1![probe::DETAIL_TYPE],
            );
        } else {
            allow(senders, vec1![CODEPIPELINE.into()], vec1![EXECUTION, STAGE]);
        }
    }
    let mut detail_types = Vec::new();
    if route.trigger.incidents != Incidents::No {
        let raised = raised_pattern(&settings.incidents.types);
        add("incidents-raised", "Incidents that were raised", &everywhere, raised);
        detail_types.push(OPS_ITEM_CREATE);
    }
    if route.trigger.incidents == Incidents::RaisedAndChanged {
        let changed = changed_pattern(&settings.incidents.types);
        add("incidents-changed", "Incidents that were changed", &everywhere, changed);
        detail_types.push(OPS_ITEM_UPDATE);
    }
    add(PROBE, "Probes, which show whether events come", &everywhere, probe_pattern(names));
    if let Ok(mut detail_types) = Vec1::try_from_vec(detail_types) {
        detail_types.push(probe::DETAIL_TYPE);
        allow(everywhere, vec1![SSM.into(), own], detail_types);
    }
    Bus { name: names.bus(route.name), policy, rules }
}

/// Who may send what comes from some places, or from the members of the organisation.
fn senders<'a>(
    names: &Names,
    settings: &Settings,
    places: impl Iterator<Item = (&'a str, &'a str)>,
) -> Vec<Senders> {
    let members = settings.organization.as_ref().map(|organization| Senders::Members {
        organization: organization.clone(),
        roles: names.role_arn("*", &names.forward_role("*")),
    });
    listed_senders(names, places).into_iter().chain(members).collect()
}

/// Who may send what comes from some places; none if there is no place.
fn listed_senders<'a>(names: &Names, places: impl Iterator<Item = (&'a str, &'a str)>) -> Option<Senders> {
    let own = (names.ops_account(), names.region());
    let mut accounts = BTreeSet::new();
    let mut roles = BTreeSet::new();
    for (account, region) in places {
        accounts.insert(account.to_owned());
        roles.insert(names.role_arn(account, &names.forward_role(region)));
        // Of its own place, the operations account's stack forwards the incidents and probes, under a role of its own.
        if (account, region) == own {
            roles.insert(names.role_arn(account, &names.ops_forward_role()));
        }
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

/// The function of a metric behind its queue.
pub(super) fn consumer(route: &Route, names: &Names, settings: &Settings, read_role: &ReadRole) -> Consumer {
    let mut function = route.function(names, settings, read_role);
    let queue = queue(route, names, settings, route.timeout);
    function.environment.insert(env::TRIES.to_owned(), queue.max_receive_count.to_string());
    Consumer { function, queue }
}

/// The queue of a metric, whose function may take as long as `timeout`.
pub(super) fn queue(route: &Route, names: &Names, settings: &Settings, timeout: SignedDuration) -> Queue {
    // AWS's advice for queues in front of functions: six times the function's timeout.
    let visibility_timeout = timeout * 6;
    // What can't be decided before the attribution delay is over waits in rounds of the visibility timeout, which count
    // as receives. The failure rate does nothing before, so its messages are delivered that much later; time to
    // restore takes note of every deployment at once, because an earlier one may still turn up.
    let (delay, wait) = match route.trigger.incidents {
        Incidents::No => (route.trigger.delay, SignedDuration::ZERO),
        Incidents::Raised => {
            let delay = settings.measuring.attribution_delay.min(MAX_DELAY);
            (delay, settings.measuring.attribution_delay - delay)
        }
        Incidents::RaisedAndChanged => {
            let measured_after = if settings.lead_time { MEASURED_AFTER } else { SignedDuration::ZERO };
            (SignedDuration::ZERO, settings.measuring.attribution_delay.max(measured_after))
        }
    };
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
