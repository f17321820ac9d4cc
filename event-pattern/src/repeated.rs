//! Leaves out the rules that event-ruler leaves out.

use super::{compile::Rule, matcher::Matcher};
use std::collections::BTreeSet;

/// Drops each rule that event-ruler takes for a repetition of an earlier one.
///
/// It adds a pattern's rules to one state machine, one after the other, and skips a rule when the machine already
/// knows *some* value for each of its fields, though not all of them: of `{"$or": [{"a": ["1"]}, {"a": ["1", "2"]}]}`
/// only the first alternative counts. To match as AWS does, this builds the same states.
///
/// Where a rule's list leads to several states, the outcome in event-ruler varies from run to run; here the rule is
/// kept unless all of them know it.
pub(super) fn without_repeated(rules: Vec<Rule>) -> Vec<Rule> {
    if rules.len() == 1 {
        return rules;
    }
    let mut machine = Machine { states: vec![State::default()] };
    let mut kept: Vec<Rule> = vec![];
    for rule in rules {
        if machine.add(kept.len(), &rule) {
            kept.push(rule);
        }
    }
    kept
}

type RuleId = usize;
type StateId = usize;

struct Machine {
    states: Vec<State>,
}

#[derive(Default)]
struct State {
    /// Where a value of a field leads.
    next: Vec<(String, Matcher, StateId)>,
    /// The rules that come here by a matcher: those that end here, and those that go on.
    ending: Vec<(Matcher, RuleId)>,
    passing: Vec<(Matcher, RuleId)>,
}

impl Machine {
    /// Adds a rule; whether it is a new one.
    fn add(&mut self, id: RuleId, rule: &Rule) -> bool {
        let fields: Vec<_> = rule.iter().collect();
        let mut reached = vec![BTreeSet::new(); fields.len()];
        if !self.walk(0, &fields, &mut reached).is_empty() {
            return false;
        }
        for (depth, ((_, matchers), states)) in fields.iter().zip(reached).enumerate() {
            for state in states {
                let state = &mut self.states[state];
                let rules = if depth + 1 == fields.len() { &mut state.ending } else { &mut state.passing };
                rules.extend(matchers.iter().map(|matcher| (matcher.clone(), id)));
            }
        }
        true
    }

    /// Adds the states for the fields from `state` on; the earlier rules that seem to have the same fields.
    fn walk(
        &mut self,
        state: StateId,
        fields: &[(&String, &Vec<Matcher>)],
        reached: &mut [BTreeSet<StateId>],
    ) -> BTreeSet<RuleId> {
        let ([(path, matchers), rest @ ..], [here, deeper @ ..]) = (fields, reached) else {
            return BTreeSet::new();
        };
        let mut last = None;
        let mut states = BTreeSet::new();
        for matcher in *matchers {
            let next = self.follow(state, path, matcher, last);
            last = Some(next);
            states.insert(next);
        }
        here.extend(&states);
        let mut known: Option<BTreeSet<RuleId>> = None;
        for next in states {
            let same = if rest.is_empty() {
                rules_by(&self.states[next].ending, matchers)
            } else {
                let same = self.walk(next, rest, deeper);
                &same & &rules_by(&self.states[next].passing, matchers)
            };
            known = Some(known.map_or(same.clone(), |known| &known & &same));
        }
        known.unwrap_or_default()
    }

    /// The state to which a value leads: the one that's there, else the one of the value before it in the list.
    fn follow(&mut self, state: StateId, path: &str, matcher: &Matcher, last: Option<StateId>) -> StateId {
        let known = self.states[state].next.iter().find(|(name, known, _)| name == path && known == matcher);
        if let Some((_, _, next)) = known {
            return *next;
        }
        let next = last.unwrap_or(self.states.len());
        if next == self.states.len() {
            self.states.push(State::default());
        }
        self.states[state].next.push((path.to_owned(), matcher.clone(), next));
        next
    }
}

fn rules_by(rules: &[(Matcher, RuleId)], matchers: &[Matcher]) -> BTreeSet<RuleId> {
    rules.iter().filter(|(matcher, _)| matchers.contains(matcher)).map(|(_, id)| *id).collect()
}
