//! What goes wrong with the parts of an installation, beside their calls ([`fake_aws::Faults`]): somebody removes a rule, changes
//! a policy, switches a schedule off; a function is broken, or Lambda gives it nothing to run with.

use std::collections::BTreeSet;

/// Something that is wrong, for as long as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Trouble {
    /// A function dies in every invocation, as one that runs out of memory does.
    Dies(&'static str),
    /// Lambda gives a function no concurrency.
    NoConcurrency(&'static str),
    /// The trigger between a queue and its function is switched off.
    TriggerOff(&'static str),
    /// A rule is switched off, on whatever bus it is.
    RuleOff(&'static str),
    /// A bus takes nothing: its policy is gone.
    BusRefuses,
    /// A queue takes nothing from the bus's rules: its policy is gone.
    QueueRefuses(&'static str),
    /// The rules of the tooling accounts are gone.
    NoRules,
    /// The bus takes no events of the tooling accounts: these stay in the queues of what was not delivered, there.
    BusRefusesAccounts,
    /// The queues take no events of the bus's rules: these stay in the operations account's queue of what was not delivered.
    QueuesRefuse,
    /// The bucket of the lake takes no objects.
    LakeRefuses,
    /// The schedules of heartbeats are switched off.
    HeartbeatsOff,
    /// The schedule of the reconciler is switched off.
    ScheduleOff,
    /// The schedule may not invoke the reconciler: what it could not start stays in its dead-letter queue.
    ScheduleRefused,
}

/// All that is wrong.
#[derive(Debug, Default)]
pub(crate) struct Troubles(BTreeSet<Trouble>);

impl Troubles {
    /// From now on something is wrong.
    pub(crate) fn insert(&mut self, trouble: Trouble) {
        self.0.insert(trouble);
    }

    /// Whether something is wrong.
    pub(crate) fn contains(&self, trouble: Trouble) -> bool {
        self.0.contains(&trouble)
    }

    /// Whether a function dies in every invocation.
    pub(crate) fn dies(&self, function: &str) -> bool {
        self.any(|trouble| matches!(trouble, Trouble::Dies(of) if *of == function))
    }

    /// Whether Lambda gives a function no concurrency.
    pub(crate) fn has_no_concurrency(&self, function: &str) -> bool {
        self.any(|trouble| matches!(trouble, Trouble::NoConcurrency(of) if *of == function))
    }

    /// Whether the trigger between a function and its queue is switched off.
    pub(crate) fn has_no_trigger(&self, function: &str) -> bool {
        self.any(|trouble| matches!(trouble, Trouble::TriggerOff(of) if *of == function))
    }

    /// Whether a rule is switched off.
    pub(crate) fn is_off(&self, rule: &str) -> bool {
        self.any(|trouble| matches!(trouble, Trouble::RuleOff(of) if *of == rule))
    }

    /// Whether a queue takes nothing from the bus's rules.
    pub(crate) fn refuses(&self, queue: &str) -> bool {
        self.any(|trouble| {
            matches!(trouble, Trouble::QueuesRefuse)
                || matches!(trouble, Trouble::QueueRefuses(of) if *of == queue)
        })
    }

    fn any(&self, is_meant: impl Fn(&Trouble) -> bool) -> bool {
        self.0.iter().any(is_meant)
    }
}
