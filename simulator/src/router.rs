//! The way of an event: from the default bus of its account over the plan's rules, the bus's policy and its rules to queues,
//! or why it got nowhere.

use crate::trouble::{Trouble, Troubles};
use event_pattern::{Event, InvalidEvent, InvalidPattern, Pattern};
use metrics_lib::place::Place;
use program::{
    plan::{Bus, Plan, PolicyStatement, Rule},
    settings::ToolingAccount,
};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// The rules of a plan, ready to route.
#[derive(Debug)]
pub struct Router {
    /// The places with the tooling stack's rules on their default bus.
    tooling: BTreeMap<String, BTreeSet<String>>,
    /// The places with a tooling stack that forwards incidents only, by the same rules as the operations stack.
    incidents: BTreeMap<String, BTreeSet<String>>,
    /// The place with the operations stack's.
    ops: Place,
    /// The regions in which every account of the organisation has the tooling stack.
    members: BTreeSet<String>,
    tooling_rules: Vec<CompiledRule>,
    ops_rules: Vec<CompiledRule>,
    bus: CompiledBus,
}

#[derive(Debug)]
struct CompiledRule {
    name: String,
    pattern: Pattern,
    targets: Vec<String>,
}

#[derive(Debug)]
struct CompiledBus {
    name: String,
    policy: Vec<PolicyStatement>,
    rules: Vec<CompiledRule>,
}

/// What decides an event's way, as read from its envelope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Envelope {
    /// The account and region that it happened in.
    pub place: Place,
    /// The service that says so.
    pub source: String,
    /// What happened.
    pub detail_type: String,
}

impl Envelope {
    /// The envelope of an event; empty where it has none.
    #[must_use]
    pub fn of(event: &Value) -> Self {
        let text = |name: &str| event[name].as_str().unwrap_or_default().to_owned();
        Self {
            place: Place::new(text("account"), text("region")),
            source: text("source"),
            detail_type: text("detail-type"),
        }
    }
}

/// What becomes of an event.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Way {
    /// The queues that get it.
    pub queues: BTreeSet<String>,
    /// What rules could not deliver.
    pub undelivered: Vec<Undelivered>,
    /// Why it gets nowhere, if the plan does not let it.
    pub refused: Option<String>,
}

/// An event that a rule could not deliver.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Undelivered {
    /// The bus of the operations account that the rule is on; none is the default bus of the event's place.
    pub bus: Option<String>,
    /// The rule.
    pub rule: String,
    /// The bus or queue that did not take it.
    pub target: String,
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
            ops: plan.place(),
            members: plan.organization.iter().flat_map(|org| org.regions.clone()).collect(),
            tooling_rules: compile(&plan.tooling_rules)?,
            ops_rules: compile(&plan.ops_rules)?,
            bus: compile_bus(&plan.bus)?,
        })
    }

    /// Finds the way of an event that is on the default bus of its account and region, as things are: some may be in trouble.
    ///
    /// An account that isn't configured may still have rules that forward to our bus, whoever made them: there the policy of
    /// the bus decides.
    ///
    /// # Errors
    /// When the event is not one.
    pub(crate) fn route(
        &self,
        envelope: &Envelope,
        event: &str,
        troubles: &Troubles,
    ) -> Result<Way, InvalidEvent> {
        let event = Event::parse(event)?;
        let refused = |reason: String| Ok(Way { refused: Some(reason), ..Way::default() });
        let Some(rules) = self.rules_of(envelope) else {
            let Place { account, region } = &envelope.place;
            return refused(format!("region {region} of account {account} is not configured"));
        };
        let targets: BTreeMap<&str, &str> = matching(rules, &event)
            .flat_map(|rule| rule.targets.iter().map(|target| (target.as_str(), rule.name.as_str())))
            .collect();
        if targets.is_empty() {
            return refused("no rule of the account's default bus matches".into());
        }
        let bus_refuses = {
            let is_own = envelope.place == self.ops;
            troubles.contains(Trouble::BusRefuses)
                || (!is_own && troubles.contains(Trouble::BusRefusesAccounts))
        };
        let (mut way, mut reasons) = (Way::default(), Vec::new());
        for (target, rule) in targets {
            let bus = &self.bus;
            if bus.name != target || troubles.is_off(rule) {
                continue;
            }
            let is_allowed = bus.policy.iter().any(|statement| allows(statement, envelope));
            if !is_allowed {
                let account = &envelope.place.account;
                reasons.push(format!("the policy of bus {target} does not allow it from account {account}"));
            }
            if !is_allowed || bus_refuses {
                way.undelivered.push(Undelivered {
                    bus: None,
                    rule: rule.to_owned(),
                    target: target.to_owned(),
                });
                continue;
            }
            let rules: Vec<_> = matching(&bus.rules, &event).collect();
            if rules.is_empty() {
                reasons.push(format!("no rule of bus {target} matches"));
            }
            for (rule, queue) in
                rules.iter().flat_map(|rule| rule.targets.iter().map(|queue| (&rule.name, queue)))
            {
                if troubles.is_off(rule) {
                    continue;
                }
                if troubles.refuses(queue) {
                    way.undelivered.push(Undelivered {
                        bus: Some(target.to_owned()),
                        rule: rule.clone(),
                        target: queue.clone(),
                    });
                } else {
                    way.queues.insert(queue.clone());
                }
            }
        }
        if way.queues.is_empty() && !reasons.is_empty() {
            way.refused = Some(reasons.join("; "));
        }
        Ok(way)
    }

    /// The rules of the default bus that an event is on; none where there is no stack.
    fn rules_of(&self, Envelope { place, .. }: &Envelope) -> Option<&[CompiledRule]> {
        let Place { account, region } = place;
        let has_incidents = self.incidents.get(account).is_some_and(|regions| regions.contains(region));
        match self.tooling.get(account) {
            Some(regions) if regions.contains(region) => Some(&self.tooling_rules),
            _ if self.members.contains(region) => Some(&self.tooling_rules),
            _ if has_incidents => Some(&self.ops_rules),
            _ if *place == self.ops => Some(&self.ops_rules),
            None if *account != self.ops.account => Some(&self.tooling_rules),
            _ => None,
        }
    }
}

fn allows(statement: &PolicyStatement, envelope: &Envelope) -> bool {
    statement.senders.include(&envelope.place.account)
        && statement.sources.contains(&envelope.source)
        && statement.detail_types.contains(&envelope.detail_type.as_str())
}

fn matching<'a>(rules: &'a [CompiledRule], event: &'a Event) -> impl Iterator<Item = &'a CompiledRule> {
    rules.iter().filter(|rule| rule.pattern.matches(event))
}

fn compile(rules: &[Rule]) -> Result<Vec<CompiledRule>, InvalidRule> {
    let compiled = rules.iter().map(|rule| {
        let pattern = Pattern::from_value(&rule.pattern)
            .map_err(|source| InvalidRule { rule: rule.name.clone(), source })?;
        Ok(CompiledRule { name: rule.name.clone(), pattern, targets: rule.targets.clone() })
    });
    compiled.collect()
}

fn compile_bus(bus: &Bus) -> Result<CompiledBus, InvalidRule> {
    Ok(CompiledBus { name: bus.name.clone(), policy: bus.policy.clone(), rules: compile(&bus.rules)? })
}
