//! The way of an event: from the default bus of its account over the plan's rules, bus policies and the buses' rules to
//! queues, or why it got nowhere.

use event_pattern::{Event, InvalidEvent, InvalidPattern, Pattern};
use program::{
    plan::{Bus, Plan, PolicyStatement, Rule},
    settings::ToolingAccount,
};
use std::collections::{BTreeMap, BTreeSet};

/// The rules of a plan, ready to route.
#[derive(Debug)]
pub struct Router {
    /// The places with the tooling stack's rules on their default bus.
    tooling: BTreeMap<String, BTreeSet<String>>,
    /// The places with a tooling stack that forwards incidents only, by the same rules as the operations stack.
    incidents: BTreeMap<String, BTreeSet<String>>,
    /// The place with the operations stack's.
    ops: (String, String),
    /// The regions in which every account of the organisation has the tooling stack.
    members: BTreeSet<String>,
    tooling_rules: Vec<CompiledRule>,
    ops_rules: Vec<CompiledRule>,
    buses: BTreeMap<String, CompiledBus>,
}

#[derive(Debug)]
struct CompiledRule {
    pattern: Pattern,
    targets: Vec<String>,
}

#[derive(Debug)]
struct CompiledBus {
    policy: Vec<PolicyStatement>,
    rules: Vec<CompiledRule>,
}

/// What decides an event's way, as read from its envelope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Envelope {
    /// The account that it happened in.
    pub account: String,
    /// The region that it happened in.
    pub region: String,
    /// The service that says so.
    pub source: String,
    /// What happened.
    pub detail_type: String,
}

/// Where an event goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Route {
    /// To these queues.
    Queues(BTreeSet<String>),
    /// Nowhere, for this reason.
    Refused(String),
}

/// A rule of the plan that EventBridge would refuse.
#[derive(Debug, thiserror::Error)]
#[error("rule {rule} can't be used")]
pub struct InvalidRule {
    rule: String,
    source: InvalidPattern,
}

impl Router {
    /// Compiles a plan's rules.
    ///
    /// # Errors
    /// A rule whose pattern EventBridge would refuse.
    pub fn new(plan: &Plan) -> Result<Self, InvalidRule> {
        let places = |accounts: &[ToolingAccount]| {
            accounts.iter().map(|place| (place.account.clone(), place.regions.clone())).collect()
        };
        Ok(Self {
            tooling: places(&plan.tooling_accounts),
            incidents: places(&plan.incident_accounts),
            ops: (plan.ops_account.clone(), plan.region.clone()),
            members: plan.organization.iter().flat_map(|org| org.regions.clone()).collect(),
            tooling_rules: compile(&plan.tooling_rules)?,
            ops_rules: compile(&plan.ops_rules)?,
            buses: plan.buses.iter().map(compile_bus).collect::<Result<_, _>>()?,
        })
    }

    /// Finds the way of an event that is on the default bus of its account and region.
    ///
    /// An account that isn't configured may still have rules that forward to our buses, whoever made them: there the
    /// policies of the buses decide.
    ///
    /// # Errors
    /// When the event is not one.
    pub fn route(&self, envelope: &Envelope, event: &str) -> Result<Route, InvalidEvent> {
        let event = Event::parse(event)?;
        let Envelope { account, region, .. } = envelope;
        let has_incidents = self.incidents.get(account).is_some_and(|regions| regions.contains(region));
        let rules = match self.tooling.get(account) {
            Some(regions) if regions.contains(region) => &self.tooling_rules,
            _ if self.members.contains(region) => &self.tooling_rules,
            _ if has_incidents => &self.ops_rules,
            _ if (account, region) == (&self.ops.0, &self.ops.1) => &self.ops_rules,
            None if *account != self.ops.0 => &self.tooling_rules,
            _ => {
                let reason = format!("region {region} of account {account} is not configured");
                return Ok(Route::Refused(reason));
            }
        };
        let targets: BTreeSet<&String> = matching(rules, &event).flat_map(|rule| &rule.targets).collect();
        if targets.is_empty() {
            return Ok(Route::Refused("no rule of the account's default bus matches".into()));
        }
        let mut queues = BTreeSet::new();
        let mut reasons = Vec::new();
        for target in targets {
            let Some(bus) = self.buses.get(target) else { continue };
            if !bus.policy.iter().any(|statement| allows(statement, envelope)) {
                reasons.push(format!("the policy of bus {target} does not allow it from account {account}"));
                continue;
            }
            let before = queues.len();
            queues.extend(matching(&bus.rules, &event).flat_map(|rule| rule.targets.iter().cloned()));
            if queues.len() == before {
                reasons.push(format!("no rule of bus {target} matches"));
            }
        }
        Ok(if queues.is_empty() { Route::Refused(reasons.join("; ")) } else { Route::Queues(queues) })
    }
}

fn allows(statement: &PolicyStatement, envelope: &Envelope) -> bool {
    statement.senders.include(&envelope.account)
        && statement.source == envelope.source
        && statement.detail_types.contains(&envelope.detail_type.as_str())
}

fn matching<'a>(rules: &'a [CompiledRule], event: &'a Event) -> impl Iterator<Item = &'a CompiledRule> {
    rules.iter().filter(|rule| rule.pattern.matches(event))
}

fn compile(rules: &[Rule]) -> Result<Vec<CompiledRule>, InvalidRule> {
    let compiled = rules.iter().map(|rule| {
        let pattern = Pattern::from_value(&rule.pattern)
            .map_err(|source| InvalidRule { rule: rule.name.clone(), source })?;
        Ok(CompiledRule { pattern, targets: rule.targets.clone() })
    });
    compiled.collect()
}

fn compile_bus(bus: &Bus) -> Result<(String, CompiledBus), InvalidRule> {
    let compiled = CompiledBus { policy: bus.policy.clone(), rules: compile(&bus.rules)? };
    Ok((bus.name.clone(), compiled))
}
