//! Laws that hold whatever happens: order and duplicates don't matter, rates lie between 0 and 1, windows add up, and
//! nothing can be built that CloudWatch rejects.

#![expect(clippy::unwrap_used, reason = "what can't be set up fails its test")]

use jiff::{SignedDuration, Timestamp};
use metrics_lib::{
    attribution::{Attribution, AttributionHint, Candidate, KnownNames, Question, attribute},
    change_failure_rate,
    contract::{Metric, Namespace},
    datum::{Batch, DatumTime, DatumValue, DimensionValue, MAX_CALL, MAX_DATA, MAX_VALUES},
    deployment_frequency,
    dora_metric::DoraMetric,
    event::{Deployment, DeploymentRef, Incident, Reference, Rollback, SourceKind, SourceRevision},
    fact::Fact,
    identity::DeploymentKey,
    lake::{Change, Commit, CommitId, Push},
    lead_time::{ChangeQuery, ChangeSet, Live, change},
    place::Place,
    report::{Figures, by_repository, total},
    rules::{ProductionRule, ReworkRule, Unnamed},
    sources::codepipeline::{
        ExecutionKey,
        production::{Action, Execution, ExecutionStatus, ExecutionType, Known, classify, source},
    },
    text,
    time_to_restore::{RestoredBy, Restorer, restore},
    window::{Period, Window},
};
use proptest::{collection::vec, prelude::*, sample::select};
use std::collections::BTreeMap;

/// Ten weeks, in seconds.
const TIME: std::ops::Range<i64> = 1_780_000_000..1_786_048_000;

fn instant() -> impl Strategy<Value = Timestamp> {
    TIME.prop_map(|second| Timestamp::from_second(second).unwrap())
}

fn key() -> impl Strategy<Value = DeploymentKey> {
    (0..40_u8).prop_map(|number| {
        let pipeline = format!("pipeline-{}", number % 3);
        format!("111111111111/eu-west-1/{pipeline}/e{number}").parse().unwrap()
    })
}

/// A deployment: its time and repository are those of its execution.
fn deployment() -> impl Strategy<Value = Deployment> {
    key().prop_map(|key| {
        let number: i64 = key.id()[1..].parse().unwrap();
        let time = Timestamp::from_second(TIME.start + number * 151_199).unwrap();
        let message = if number % 4 == 0 { "Revert \"x\"" } else { "Add a thing" };
        let source = SourceRevision {
            kind: SourceKind::Git,
            provider: None,
            connection: None,
            repository: format!("acme/{}", number % 3),
            reference: Reference::Branch("main".into()),
            revision: None,
            message: Some(message.into()),
        };
        Deployment {
            key,
            time,
            began: time,
            ended_as: None,
            source,
            rule: String::new(),
            actions: Vec::new(),
        }
    })
}

fn incident() -> impl Strategy<Value = Incident> {
    let title = select(vec!["Down", "acme/1 is down", "pipeline-2 is red", "acme/1 and acme/2"]);
    (0..20_u64, title, any::<bool>()).prop_map(|(number, title, names)| {
        let key = format!("111111111111/eu-west-1/oi-{number:012x}").parse().unwrap();
        let created = Timestamp::from_second(TIME.start + i64::try_from(number).unwrap() * 302_399).unwrap();
        let deployment = names.then(|| format!("e{number}"));
        let (title, description) = (title.to_owned(), String::new());
        let (repository, units) = (None, Vec::new());
        Incident { key, created, title, description, deployment, repository, units }
    })
}

/// A fact of any kind that counts.
fn fact() -> impl Strategy<Value = Fact> {
    let deployed = deployment()
        .prop_map(|deployment| deployment_frequency::deployment(&deployment, &ReworkRule::default()));
    let failed = (deployment(), incident()).prop_map(|(deployment, incident)| {
        change_failure_rate::failed_by_incident(&DeploymentRef::from(&deployment), &incident, "")
    });
    let rolled_back = deployment().prop_map(|deployment| {
        let rolled_back = DeploymentRef::from(&deployment);
        let rollback = Rollback { key: deployment.key, time: deployment.time, rolled_back, restored: None };
        deployment_frequency::rollback(&rollback)
    });
    let restored = (incident(), 0..100_000_i64).prop_filter_map("restores", |(incident, seconds)| {
        let key = "111111111111/eu-west-1/p/fix".parse().unwrap();
        let time = incident.created + SignedDuration::from_secs(seconds % 7 * 1000);
        let restorer = Restorer { time, key, by: RestoredBy::Deployment, repository: Some("acme/1".into()) };
        restore(&incident.key, incident.created, &restorer)
    });
    prop_oneof![4 => deployed, 2 => failed, 1 => rolled_back, 1 => restored]
}

fn everything() -> Window {
    let at = |second| Timestamp::from_second(second).unwrap();
    Window { start: at(TIME.start - 1), end: at(TIME.end + 1_000_000) }
}

/// One fact of each id, so that no two say different things of the same.
fn facts() -> impl Strategy<Value = Vec<Fact>> {
    vec(fact(), 0..60).prop_map(|facts| {
        let unique: BTreeMap<_, _> = facts.into_iter().map(|fact| (fact.id.clone(), fact)).collect();
        unique.into_values().collect()
    })
}

proptest! {
    #[test]
    fn order_and_duplicates_do_not_matter(
        (facts, shuffled) in facts().prop_flat_map(|facts| (Just(facts.clone()), Just(facts).prop_shuffle())),
        again in vec(any::<prop::sample::Index>(), 0..20),
    ) {
        let expected = by_repository(&facts, everything());
        let repeated: Vec<_> = again.iter().filter(|_| !facts.is_empty()).map(|index| index.get(&facts)).collect();
        let all = repeated.iter().copied().chain(&shuffled).chain(repeated.iter().copied());
        prop_assert_eq!(by_repository(all, everything()), expected);
    }

    #[test]
    fn rates_lie_between_zero_and_one(facts in facts(), start in instant(), days in 1..40_i64) {
        let window = Window { start, end: start + SignedDuration::from_hours(24 * days) };
        let figures = by_repository(&facts, window);
        for figures in figures.values().chain([&total(figures.values())]) {
            for rate in [DoraMetric::ChangeFailureRate, DoraMetric::ReworkRate].map(|of| figures.value(of)).into_iter().flatten() {
                prop_assert!((0.0..=1.0).contains(&rate), "{figures:?}");
            }
            prop_assert_eq!(figures.value(DoraMetric::ChangeFailureRate).is_none(), figures.count(Metric::Deployments) == 0);
            let (median, restores) = (figures.value(DoraMetric::TimeToRestore), figures.values(Metric::TimeToRestore));
            prop_assert_eq!(median.is_none(), restores.is_empty());
            if let (Some(median), Some(first), Some(last)) = (median, restores.first(), restores.last()) {
                prop_assert!(*first <= median && median <= *last);
            }
        }
    }

    #[test]
    fn windows_add_up(facts in facts(), mut cuts in vec(instant(), 0..5)) {
        let Window { start, end } = everything();
        cuts.sort();
        let ends = cuts.iter().copied().chain([end]);
        let starts = [start].into_iter().chain(cuts.iter().copied());
        let mut sum = Figures::default();
        for (start, end) in starts.zip(ends) {
            sum += &total(by_repository(&facts, Window { start, end }).values());
        }
        prop_assert_eq!(sum, total(by_repository(&facts, everything()).values()));
    }

    #[test]
    fn calendar_windows_have_no_gap_and_no_overlap(time in instant()) {
        for period in [Period::Day, Period::Week, Period::Month] {
            let window = period.containing(time).unwrap();
            prop_assert!(window.contains(time));
            let next = period.containing(window.end).unwrap();
            prop_assert_eq!(next.start, window.end);
            let last = period.containing(window.end - SignedDuration::from_nanos(1)).unwrap();
            prop_assert_eq!(last, window);
        }
    }

    #[test]
    fn attribution_depends_on_neither_order_nor_duplicates(
        incident in incident(),
        (deployments, shuffled) in vec(deployment(), 0..30)
            .prop_flat_map(|all| (Just(all.clone()), Just(all).prop_shuffle())),
        hours in 1..2000_i64,
    ) {
        let candidates = |all: &[Deployment]| -> Vec<Candidate> {
            let candidate = |deployment: &Deployment| Candidate { deployed: DeploymentRef::from(deployment), began: deployment.time };
            all.iter().map(candidate).collect()
        };
        let (candidates, mut shuffled) = (candidates(&deployments), candidates(&shuffled));
        shuffled.extend(candidates.clone());
        let mut known = KnownNames::default();
        for deployment in &deployments {
            known.add_git(&deployment.source.repository);
            known.pipelines.insert(deployment.key.unit_name().to_owned());
        }
        let named = AttributionHint::by(&incident, &known);
        let window = SignedDuration::from_hours(hours);
        let ask = |candidates: &[Candidate]| attribute(Question {
            incident: &incident, named: &named, known: &known, candidates, running: &[],
            attribution_window: window, unnamed: Unnamed::Latest, unread: &[],
            unread_wait: SignedDuration::ZERO, now: incident.created,
        });
        let found = ask(&candidates);
        prop_assert_eq!(&found, &ask(&shuffled));
        if let Attribution::Deployment { deployment, .. } = found {
            let in_window = (incident.created - window..incident.created).contains(&deployment.time);
            prop_assert!(in_window || incident.deployment.as_deref() == Some(deployment.key.id()));
        }
    }

    #[test]
    fn mentions_are_read_without_panic(
        text in "\\PC*|((https?://|arn:|git@|@|/|:|\\?|%|%2F|\\.|\\.git| |\\(|\\)|é|,)(github.com|acme/shop|x|é|codepipeline:r:a:b|console.aws.amazon.com)?){0,20}",
    ) {
        for mention in text::mentions(&text) {
            prop_assert!(text.get(mention.at).is_some_and(|written| !written.is_empty()));
        }
    }

    #[test]
    fn classification_does_not_depend_on_the_order_of_actions(
        (actions, shuffled) in vec(action(), 0..8).prop_flat_map(|all| (Just(all.clone()), Just(all).prop_shuffle())),
    ) {
        let execution = |actions| Execution {
            key: ExecutionKey {
                place: Place::new("1", "r"),
                pipeline: "p".into(),
                execution_id: "e".into(),
            },
            status: ExecutionStatus::Succeeded,
            execution_type: ExecutionType::Standard,
            pipeline_version: None,
            revisions: Vec::new(),
            trigger_detail: None,
            actions,
        };
        let rule = ProductionRule {
            main_branch: "main".into(),
            production_stages: vec!["Production".into()],
            trunk_based: ["acme/1".to_owned()].into(),
            ..ProductionRule::default()
        };
        let outcome = |actions| {
            let execution = execution(actions);
            classify(&execution, &source(&execution, None), &rule, Known::default())
        };
        prop_assert_eq!(outcome(actions), outcome(shuffled));
    }

    #[test]
    fn nothing_can_be_built_that_cloudwatch_rejects(
        time in instant(), now in instant(), nanoseconds in any::<i64>(), name in "\\PC{0,40}|[ -~]{1000,1050}",
    ) {
        if let Ok(time) = DatumTime::new(time, now) {
            let age = now.duration_since(time.timestamp());
            prop_assert!((SignedDuration::from_hours(-2)..=SignedDuration::from_hours(336)).contains(&age));
            if let Ok(value) = DatumValue::seconds(SignedDuration::from_nanos(nanoseconds)) {
                prop_assert!(value.get().is_finite() && value.get() >= 0.0);
                let values = [(Metric::TimeToRestore, value)];
                let batch = Batch::new(Namespace::Dora, &values, time, Some(&name), [name.as_str()]);
                prop_assert_eq!(batch.data.len() + batch.skipped.len(), 3);
                for dimension in batch.data.iter().filter_map(|datum| datum.dimension.as_ref()) {
                    prop_assert!(dimension.value().is_ascii() && (1..=1024).contains(&dimension.value().len()));
                }
            } else {
                prop_assert!(nanoseconds < 0);
            }
        }
        if let Ok(value) = DimensionValue::new(&name) {
            prop_assert_eq!(value.as_str(), &name);
        }
    }

    #[test]
    fn a_longer_history_never_shortens_lead_time(
        (pushes, shuffled) in pushes().prop_flat_map(|all| (Just(all.clone()), Just(all).prop_shuffle())),
        first in any::<prop::sample::Index>(),
        second in any::<prop::sample::Index>(),
    ) {
        let heads: Vec<CommitId> = pushes.iter().map(head).collect();
        let (early, late) = (first.index(heads.len()), second.index(heads.len()));
        let (early, late) = (early.min(late), early.max(late));
        let ask = |previous: usize, changes: &[Change]| {
            let end = Timestamp::from_second(TIME.end).unwrap();
            let live = [Live { time: end, revision: heads[previous].clone() }];
            let question = ChangeQuery {
                revision: &heads[heads.len() - 1],
                live: &live,
                lines: &["main".to_owned()].into(),
                deployed: end,
                lookback: SignedDuration::from_hours(24 * 365),
                now: end,
                read_since: Timestamp::MIN,
                oldest: Timestamp::MIN,
            };
            change(question, changes)
        };
        // The previous deployment is further back: the change has more commits, and its first is no later.
        let first_of = |answer: &ChangeSet| match answer {
            ChangeSet::Changed(changed) => changed.commits.first().map(|commit| commit.time),
            ChangeSet::Nothing(_) | ChangeSet::Older | ChangeSet::Awaited { .. } | ChangeSet::Incomplete { .. } => None,
        };
        let (longer, shorter) = (ask(early, &pushes), ask(late, &pushes));
        if let Some(shorter) = first_of(&shorter) {
            prop_assert!(first_of(&longer).is_some_and(|longer| longer <= shorter));
        }
        // The same pushes, in another order and twice.
        let again: Vec<Change> = shuffled.iter().chain(&pushes).cloned().collect();
        prop_assert_eq!(ask(early, &again), longer);
    }

    #[test]
    fn texts_are_read_without_panic(text in "\\PC*|.{0,5}(oi-[0-9a-fA-F]{11,13}.{0,3}){0,3}|Merge (branch|pull request #1 from) .*") {
        for id in text::ops_item_ids(&text) {
            prop_assert!(text.to_ascii_lowercase().contains(id.as_str()));
        }
        if let Some(branch) = text::merged_branch(&text) {
            prop_assert!(text.contains(branch));
        }
        for end in (0..=text.len()).filter(|end| text.is_char_boundary(*end)) {
            if text::names(&text, &text[..end]) {
                prop_assert!(end > 0);
            }
        }
    }
}

proptest! {
    // Each case has hundreds of thousands of values.
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn calls_put_each_value_once_in_whatever_order_they_come(
        (values, shuffled) in vec(measured(), 0..1000)
            .prop_flat_map(|values| (Just(values.clone()), Just(values).prop_shuffle())),
        teams in 0..1100_usize,
        length in 1..1025_usize,
    ) {
        let time = Timestamp::from_second(TIME.start).unwrap();
        let time = DatumTime::new(time, time).unwrap();
        let name = |number: usize| format!("{number}{}", "x".repeat(length)).chars().take(length.max(4)).collect();
        let teams: Vec<String> = (0..teams).map(name).collect();
        let batch = |values: &[(Metric, DatumValue)]| {
            Batch::new(Namespace::Dora, values, time, Some("acme/shop"), teams.iter().map(String::as_str))
        };
        let (batch, again) = (batch(&values), batch(&shuffled));
        prop_assert_eq!(&batch, &again);
        let calls = batch.calls();
        for call in &calls {
            prop_assert!((1..=MAX_DATA).contains(&call.data().len()) && call.size() <= MAX_CALL);
        }
        let put: Vec<_> = calls.iter().flat_map(|call| call.data()).collect();
        prop_assert_eq!(&put, &batch.data.iter().collect::<Vec<_>>());
        // As many values of each metric as there are, for all and for each of the breakdown.
        let mut samples: BTreeMap<_, Vec<DatumValue>> = BTreeMap::new();
        for datum in put {
            prop_assert!((1..=MAX_VALUES).contains(&datum.values.len()));
            let all = samples.entry((datum.dimension.clone(), datum.metric)).or_default();
            all.extend(datum.values.iter().flat_map(|repeated| vec![repeated.value; repeated.times]));
        }
        for ((_, metric), found) in samples {
            let mut expected: Vec<_> =
                values.iter().filter(|(of, _)| *of == metric).map(|(_, value)| *value).collect();
            expected.sort();
            prop_assert_eq!(found, expected);
        }
    }
}

/// A value of a metric; some are there more than once.
fn measured() -> impl Strategy<Value = (Metric, DatumValue)> {
    let metric = select(vec![Metric::Deployments, Metric::CommitLeadTime, Metric::LeadTimeForChanges]);
    (metric, 0..1000_usize).prop_map(|(metric, number)| (metric, DatumValue::count(number)))
}

/// A branch: pushes of some commits each, one after the other.
fn pushes() -> impl Strategy<Value = Vec<Change>> {
    vec(vec((0..TIME.end - TIME.start, any::<bool>()), 1..5), 1..8).prop_map(|all| {
        let mut number = 0_u32;
        let mut old_head = None;
        let pushes = all.into_iter().map(|commits| {
            let commits: Vec<Commit> = commits
                .into_iter()
                .map(|(second, merge)| {
                    number += 1;
                    let id = CommitId::try_from(format!("{number:040x}")).unwrap();
                    let time = Timestamp::from_second(TIME.start + second).unwrap();
                    Commit {
                        id,
                        time,
                        merge,
                        bot: false,
                        from_pull_request: false,
                        ops_items: Vec::new(),
                        merged: None,
                        rework: false,
                    }
                })
                .collect();
            let new_head = commits[commits.len() - 1].id.clone();
            Change::Push(Push {
                repository: "acme/shop".into(),
                repository_created: None,
                branch: "main".into(),
                pushed: Timestamp::from_second(TIME.end).unwrap(),
                old_head: old_head.replace(new_head.clone()),
                new_head,
                part: 0,
                parts: 1,
                commits,
                forced: false,
                repository_id: None,
            })
        });
        pushes.collect()
    })
}

fn head(push: &Change) -> CommitId {
    match push {
        Change::Push(push) => push.new_head.clone(),
        other => panic!("{other:?}"),
    }
}

fn action() -> impl Strategy<Value = Action> {
    let stage = select(vec!["Source", "Build", "Production"]);
    let status = select(vec!["Succeeded", "Failed", "InProgress"]);
    // Few instants, so that attempts tie.
    (stage, 0..3_u8, status, 0..3_i64).prop_map(|(stage, number, status, minute)| {
        let updated = Timestamp::from_second(TIME.start + minute * 60).unwrap();
        let source = stage == "Source";
        let configuration =
            [("FullRepositoryId", format!("acme/{number}")), ("BranchName", "main".to_owned())];
        Action {
            stage: stage.into(),
            name: format!("Action{number}"),
            owner: "AWS".into(),
            configured: BTreeMap::new(),
            category: if source { "Source" } else { "Deploy" }.into(),
            provider: if source { "CodeStarSourceConnection" } else { "CloudFormation" }.into(),
            status: status.into(),
            started: updated - SignedDuration::from_secs(60),
            updated,
            configuration: configuration.map(|(name, value)| (name.to_owned(), value)).into(),
            output_variables: BTreeMap::new(),
            output_artifacts: Vec::new(),
            external_id: source.then(|| format!("{status} at {minute}")),
            external_summary: None,
        }
    })
}
