//! What goes wrong with the parts of an installation, beside their calls ([`crate::aws::Faults`]): somebody removes a rule, changes
//! a policy, switches a schedule off; a function is broken, or Lambda gives it nothing to run with.

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
