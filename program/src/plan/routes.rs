//! Which events go where: the rules, the bus with its policy, and the queue of each function.

use super::{
    Bus, Consumer, Forwarded, PolicyStatement, Queue, ReadRole, Rule, Senders,
    functions::{CONSUMERS, Entry, Events, LEAD_TIME, Takes},
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
    forwarded: Forwarded,
    incident_types: &BTreeSet<String>,
) -> Vec<Rule> {
    let kinds = Kind::ALL.into_iter().filter(|kind| match kind {
        Kind::Executions | Kind::Stages => forwarded.executions,
        Kind::Incidents | Kind::Probes => forwarded.incidents,
    });
    let rule = |kind: Kind| Rule {
        name: names.of(kind.name()),
        description: kind.description(),
        pattern: kind.pattern(names, incident_types),
        targets: vec![names.bus()],
    };
    kinds.map(rule).collect()
}

/// A kind of events that the product uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Executions,
    Stages,
    Incidents,
    Probes,
}

impl Kind {
    const ALL: [Self; 4] = [Self::Executions, Self::Stages, Self::Incidents, Self::Probes];

    /// Its name, as part of those of rules.
    const fn name(self) -> &'static str {
        match self {
            Self::Executions => "executions",
            Self::Stages => "stages",
            Self::Incidents => "incidents",
            Self::Probes => PROBE,
        }
    }

    const fn description(self) -> &'static str {
        match self {
            Self::Executions => "Pipeline executions that ended",
            Self::Stages => "Stages that succeeded",
            Self::Incidents => "Incidents that were raised or changed",
            Self::Probes => "Probes, which show whether events come",
        }
    }

    fn pattern(self, names: &Names, incident_types: &BTreeSet<String>) -> Value {
        match self {
            Self::Executions => execution_pattern(),
            Self::Stages => stage_pattern(),
            Self::Incidents => incident_pattern(incident_types),
            Self::Probes => probe_pattern(names),
        }
    }

    /// Whether a queue gets such events.
    const fn is_for(self, takes: Takes) -> bool {
        match self {
            Self::Executions | Self::Stages => matches!(takes, Takes::Executions),
            Self::Incidents => matches!(takes, Takes::Incidents),
            Self::Probes => true,
        }
    }
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

fn incident_pattern(types: &BTreeSet<String>) -> Value {
    let detail = json!({"ops-item-type": of_types(types)});
    json!({"source": [SSM], "detail-type": [OPS_ITEM_CREATE, OPS_ITEM_UPDATE], "detail": detail})
}

/// The bus. Its policy takes events of pipelines from where those count, incidents from wherever they count, and probes from
/// wherever there is a stack, which is there, too: that it takes more pairs of source and type than there are does no harm,
/// since the bus's rules ask for source and type together.
pub(super) fn bus(names: &Names, settings: &Settings) -> Bus {
    let of_pipelines = senders(names, settings, settings.pipeline_places());
    let everywhere = senders(names, settings, settings.ops_item_places());
    let mut rules = Vec::new();
    for route in measured(settings.lead_time) {
        for kind in Kind::ALL.into_iter().filter(|kind| kind.is_for(route.trigger.takes)) {
            let mut pattern = kind.pattern(names, &settings.incidents.types);
            let senders = match kind {
                Kind::Executions | Kind::Stages => &of_pipelines,
                Kind::Incidents | Kind::Probes => &everywhere,
            };
            if let Some(accounts) = listed(senders) {
                pattern["account"] = json!(accounts);
            }
            rules.push(Rule {
                name: names.of(&format!("{}-to-{}", kind.name(), route.name)),
                description: kind.description(),
                pattern,
                targets: vec![names.queue(route.name)],
            });
        }
    }
    let allow = |senders: Vec<Senders>, sources: Vec1<String>, detail_types: Vec1<&'static str>| {
        senders.into_iter().map(move |senders| PolicyStatement {
            senders,
            sources: sources.clone(),
            detail_types: detail_types.clone(),
        })
    };
    let executions = allow(of_pipelines, vec1![CODEPIPELINE.into()], vec1![EXECUTION, STAGE]);
    let incidents = allow(
        everywhere,
        vec1![SSM.into(), names.probe_source()],
        vec1![OPS_ITEM_CREATE, OPS_ITEM_UPDATE, probe::DETAIL_TYPE],
    );
    Bus { name: names.bus(), policy: executions.chain(incidents).collect(), rules }
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
