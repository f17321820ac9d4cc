use super::*;
use crate::{
    lake::{CommitId, PullRequest, PullRequestStep, Push, StepKind},
    parts::PullRequestTimes,
};

/// An hour of the story; it begins in hour 0.
fn hour(hour: i64) -> Timestamp {
    Timestamp::from_second(1_780_000_000 + hour * 3600).unwrap()
}

fn id(number: u32) -> CommitId {
    format!("{number:040x}").try_into().unwrap()
}

/// A commit of an hour; its number is its hour, unless told otherwise.
fn commit(number: u32, at: i64) -> Commit {
    Commit {
        id: id(number),
        time: hour(at),
        merge: false,
        bot: false,
        from_pull_request: false,
        ops_items: Vec::new(),
        merged: None,
        rework: false,
    }
}

fn of_bot(number: u32, at: i64) -> Commit {
    Commit { bot: true, ..commit(number, at) }
}

fn merge(number: u32, at: i64) -> Commit {
    Commit { merge: true, ..commit(number, at) }
}

/// Revisions that went live, the latest first, each in its own hour at the earliest.
fn live(revisions: &[u32]) -> Vec<Live> {
    let mut at = 0;
    let live = revisions.iter().rev().map(|revision| {
        at = at.max(i64::from(*revision));
        Live { time: hour(at), revision: id(*revision) }
    });
    let mut live = Vec::from_iter(live);
    live.reverse();
    live
}

fn pushed(change: Change) -> Push {
    match change {
        Change::Push(push) => push,
        other => panic!("{other:?}"),
    }
}

/// A push whose new head is its last commit; old head 0 means that it created the branch.
fn push(branch: &str, old: u32, commits: &[Commit]) -> Change {
    let pushed = commits.iter().map(|commit| commit.time).max().unwrap().max(hour(0));
    Change::Push(Push {
        repository: "acme/shop".into(),
        repository_created: Some(hour(-1000)),
        branch: branch.into(),
        pushed,
        old_head: (old > 0).then(|| id(old)),
        new_head: commits.last().unwrap().id.clone(),
        part: 0,
        parts: 1,
        commits: commits.to_vec(),
        forced: false,
        repository_id: None,
    })
}

/// A push of commits whose numbers are their hours.
fn plain(old: u32, numbers: &[u32]) -> Change {
    let commits: Vec<_> = numbers.iter().map(|&number| commit(number, i64::from(number))).collect();
    push("main", old, &commits)
}

fn pull_request(head_branch: &str, head: u32, made: u32, count: u32) -> Change {
    Change::PullRequest(PullRequest {
        repository: "acme/shop".into(),
        branch: "main".into(),
        head_branch: head_branch.into(),
        head_commit: id(head),
        merge_commit: id(made),
        commit_count: count,
        merged: hour(i64::from(made)),
        same_repository: true,
        repository_id: None,
        number: Some(u64::from(made)),
    })
}

/// Deploys revision 100 from main in hour 100, and compares the numbers of the commits of the change with their hours.
fn check(previous: Option<u32>, changes: &[Change], expected: &str) {
    check_revision(100, previous, Some("main"), changes, expected);
}

fn check_revision(
    revision: u32,
    previous: Option<u32>,
    branch: Option<&str>,
    changes: &[Change],
    expected: &str,
) {
    check_after(revision, &Vec::from_iter(previous), branch, changes, expected);
}

fn check_after(revision: u32, previous: &[u32], branch: Option<&str>, changes: &[Change], expected: &str) {
    // Nothing arrives any more.
    check_at(hour(100) + LATEST_DELIVERY, revision, previous, branch, changes, expected);
}

fn check_at(
    now: Timestamp,
    revision: u32,
    previous: &[u32],
    branch: Option<&str>,
    changes: &[Change],
    expected: &str,
) {
    let revision = id(revision);
    let (live, lines) =
        (live(previous), BTreeSet::from_iter(["main"].into_iter().chain(branch).map(str::to_owned)));
    let question = ChangeQuery {
        revision: &revision,
        live: &live,
        lines: &lines,
        deployed: hour(100),
        lookback: SignedDuration::from_hours(80),
        now,
        read_since: hour(-10_000),
        oldest: hour(-10_000),
    };
    let commits = |Changed { commits, .. }: Changed| {
        let commits = commits.iter().map(|commit| {
            let number = u32::from_str_radix(&commit.id.to_string(), 16).unwrap();
            let at = commit.time.duration_since(hour(0)).as_hours();
            if i64::from(number) == at { number.to_string() } else { format!("{number}@{at}") }
        });
        commits.collect::<Vec<_>>().join(" ")
    };
    let describe = |answer: ChangeSet| match answer {
        ChangeSet::Changed(changed) => commits(changed),
        ChangeSet::Nothing(reason) => reason.to_owned(),
        ChangeSet::Older => "older".into(),
        ChangeSet::Awaited { known, .. } => format!("awaited, known: {}", commits(known)),
        ChangeSet::Incomplete { known, .. } => format!("incomplete, known: {}", commits(known)),
    };
    assert_eq!(describe(change(question, changes)), expected);
    let reversed: Vec<_> = changes.iter().rev().chain(changes).cloned().collect();
    assert_eq!(describe(change(question, &reversed)), expected, "in another order, and twice");
}

#[test]
fn one_push() {
    check(Some(90), &[plain(90, &[95, 98, 100])], "95 98 100");
}

#[test]
fn several_pushes() {
    check(
        Some(90),
        &[plain(80, &[90]), plain(90, &[95]), plain(95, &[97, 98]), plain(98, &[100])],
        "95 97 98 100",
    );
}

/// The previous deployment, or this one, took a commit from the middle of a push.
#[test]
fn revisions_within_pushes() {
    let pushes = [
        push("main", 80, &[commit(85, 85), commit(90, 88), commit(92, 89)]),
        push("main", 92, &[commit(95, 95), commit(100, 98), commit(101, 99)]),
    ];
    check(Some(90), &pushes, "92@89 95 100@98");
    let push = push("main", 90, &[commit(95, 93), commit(98, 94), commit(100, 95), commit(101, 95)]);
    check(Some(95), std::slice::from_ref(&push), "98@94 100@95");
    // It was there before: it came by a merge, which its message does not say.
    let Change::Push(later) = push else { unreachable!() };
    check(Some(95), &[Change::Push(Push { pushed: hour(96), ..later })], "incomplete, known: ");
}

#[test]
fn a_later_push_is_not_deployed_yet() {
    check(Some(90), &[plain(90, &[95, 100]), plain(100, &[101])], "95 100");
}

#[test]
fn the_same_revision_again() {
    check(Some(100), &[plain(90, &[100])], "the same revision was deployed before");
}

#[test]
fn an_older_revision_again() {
    check(
        Some(105),
        &[plain(90, &[100]), plain(100, &[102]), plain(102, &[105])],
        "an older revision was deployed again",
    );
    check(Some(105), &[plain(90, &[100, 102, 105])], "an older revision was deployed again");
}

/// What has not arrived is not guessed.
#[test]
fn pushes_that_have_not_arrived() {
    check(Some(90), &[], "incomplete, known: ");
    check(Some(90), &[plain(90, &[95])], "incomplete, known: ");
    check(Some(90), &[plain(95, &[100])], "incomplete, known: 100");
    check(None, &[], "incomplete, known: ");
    check_at(hour(100), 100, &[90], None, &[plain(95, &[100])], "awaited, known: 100");
}

/// The first deployment ever reaches back as far as it may: 80 hours.
#[test]
fn the_first_deployment_ever() {
    check(None, &[plain(0, &[1, 19, 20, 21]), plain(21, &[100])], "20 21 100");
    check(None, &[plain(95, &[98, 100])], "incomplete, known: 98 100");
    // What was pushed before is older than that.
    let long_ago = Change::Push(Push { pushed: hour(10), ..pushed(plain(5, &[10])) });
    check(None, &[long_ago, plain(10, &[98, 100])], "98 100");
}

/// A force push lists what is new against the old head, through which the walk goes on.
#[test]
fn force_pushes() {
    check(Some(90), &[plain(90, &[95]), push("main", 95, &[commit(96, 96), commit(100, 100)])], "95 96 100");
    // Back to the previous revision and on from there.
    check(Some(90), &[plain(90, &[95]), plain(90, &[100])], "100");
}

/// Merge commits themselves don't count, the commits that they merge do.
#[test]
fn merge_commits() {
    check(Some(90), &[push("main", 90, &[commit(95, 95), merge(100, 100)])], "95");
    check(Some(90), &[push("main", 90, &[merge(100, 100)])], "no commit is new");
    let requested = pull_request("feature", 97, 100, 2);
    check(
        Some(90),
        &[push("main", 90, &[commit(95, 95), commit(97, 97), commit(100, 100)]), requested],
        "95 97",
    );
}

/// A squashed pull request counts with the commits of its branch, instead of with what squashing made of them.
#[test]
fn squash_merges() {
    let squashed = plain(90, &[100]);
    let request = pull_request("feature", 97, 100, 3);
    let branch =
        [push("feature", 0, &[commit(92, 92)]), push("feature", 92, &[commit(95, 95), commit(97, 97)])];
    check(Some(90), &[squashed.clone(), request.clone(), branch[0].clone(), branch[1].clone()], "92 95 97");
    // The branch lies in another repository: what is known are its own commits.
    let own = [squashed.clone(), request];
    check(Some(90), &own, "incomplete, known: 100");
    let of_fork = own.map(|change| match change {
        Change::PullRequest(request) => {
            Change::PullRequest(PullRequest { same_repository: false, ..request })
        }
        push => push,
    });
    check(Some(90), &of_fork, "100");
    // A branch that lives on counts with its last commits only.
    let second = pull_request("feature", 97, 100, 2);
    check(Some(90), &[squashed, second, branch[0].clone(), branch[1].clone()], "95 97");
}

#[test]
fn rebase_merges() {
    let rebased = plain(90, &[99, 100]);
    let branch = push("feature", 0, &[commit(92, 92), commit(95, 95)]);
    check(Some(90), &[rebased, pull_request("feature", 95, 100, 2), branch], "92 95");
}

/// Two pull requests in one push, beside a commit of its own.
#[test]
fn several_squashes_in_one_push() {
    let changes = [
        plain(90, &[96, 99, 100]),
        pull_request("one", 92, 99, 1),
        pull_request("two", 94, 100, 2),
        push("one", 0, &[commit(92, 92)]),
        push("two", 0, &[commit(93, 93), commit(94, 94)]),
    ];
    check(Some(90), &changes, "92 93 94 96");
}

/// Main was merged into the branch before that was squashed: what had been on main does not count.
#[test]
fn main_merged_into_a_branch() {
    let changes = [
        plain(80, &[88]),
        plain(88, &[90]),
        plain(90, &[100]),
        pull_request("feature", 97, 100, 3),
        push("feature", 0, &[commit(85, 85)]),
        push("feature", 85, &[commit(88, 88), commit(90, 90), merge(95, 95)]),
        push("feature", 95, &[commit(97, 97)]),
    ];
    check(Some(90), &changes, "85 97");
}

/// A branch was squashed into another, and that one into main.
#[test]
fn branches_merged_into_branches() {
    let Change::PullRequest(inner) = pull_request("inner", 93, 96, 2) else { unreachable!() };
    let changes = [
        plain(90, &[100]),
        pull_request("outer", 96, 100, 2),
        push("outer", 0, &[commit(95, 95)]),
        push("outer", 95, &[commit(96, 96)]),
        Change::PullRequest(PullRequest { branch: "outer".into(), ..inner }),
        push("inner", 0, &[commit(91, 91), commit(93, 93)]),
    ];
    check(Some(90), &changes, "91 93 95");
}

/// A tag lies on whatever branch brought its commit.
#[test]
fn tags() {
    check_revision(100, Some(90), None, &[push("release", 90, &[commit(100, 100)])], "100");
}

#[test]
fn another_branch_tells_as_well() {
    check(Some(90), &[push("develop", 90, &[commit(100, 100)])], "100");
}

/// A hotfix was deployed from its own branch: main goes on from what was deployed of main.
#[test]
fn deployments_of_several_branches() {
    let hotfix = push("hotfix/x", 0, &[commit(95, 95)]);
    let changes = [plain(80, &[90]), hotfix, plain(90, &[93, 100])];
    check_after(100, &[95, 90], Some("main"), &changes, "93 100");
    check_after(95, &[90], Some("hotfix/x"), &changes, "95");
    // It was merged in the meantime.
    let merged = push("main", 90, &[commit(93, 93), commit(95, 95), merge(100, 100)]);
    let hotfix = push("hotfix/x", 0, &[commit(93, 93), commit(95, 95)]);
    check_after(
        100,
        &[95, 90],
        Some("main"),
        &[plain(80, &[90]), merged.clone(), hotfix],
        "no commit is new",
    );
    // Whether 93 was made on the hotfix's branch is not known.
    check_after(100, &[95, 90], Some("main"), &[plain(80, &[90]), merged], "incomplete, known: ");
}

/// What is too old to count for the first deployment ever references nothing.
#[test]
fn references_before_the_first_deployment() {
    let old = Commit { ops_items: vec!["oi-000000000001".parse().unwrap()], ..commit(10, 10) };
    let question = ChangeQuery {
        revision: &id(100),
        live: &[],
        lines: &BTreeSet::from(["main".to_owned()]),
        deployed: hour(100),
        lookback: SignedDuration::from_hours(80),
        now: hour(100) + LATEST_DELIVERY,
        read_since: hour(-10_000),
        oldest: hour(-10_000),
    };
    let answer = change(question, &[push("main", 0, &[old, commit(100, 100)])]);
    let ChangeSet::Changed(Changed { commits, incidents, .. }) = answer else { panic!("{answer:?}") };
    assert_eq!((commits, incidents), (vec![commit(100, 100)], BTreeSet::new()));
}

/// Dates that can't be: before the repository was created, after the push.
#[test]
fn impossible_dates() {
    check(Some(90), &[push("main", 90, &[commit(95, -2000), commit(100, 100)])], "95@100 100");
    let Change::Push(pushed) = push("main", 90, &[commit(95, 95), commit(100, 99)]) else { unreachable!() };
    let early = Push { pushed: hour(96), ..pushed };
    check(Some(90), &[Change::Push(early)], "95 100@96");
}

/// A push of more commits than a record holds comes in parts.
#[test]
fn parts_of_a_push() {
    let Change::Push(whole) = plain(90, &[95, 97, 100]) else { unreachable!() };
    let part = |part: u32, commits: std::ops::Range<usize>| {
        Change::Push(Push { part, parts: 2, commits: whole.commits[commits].to_vec(), ..whole.clone() })
    };
    check(Some(90), &[part(0, 0..2), part(1, 2..3)], "95 97 100");
}

/// Heads that go in circles end the walk.
#[test]
fn circles() {
    check(Some(90), &[plain(100, &[95]), plain(95, &[100])], "incomplete, known: 95 100");
    check(None, &[plain(100, &[95]), plain(95, &[100])], "incomplete, known: 95 100");
}

#[test]
fn facts() {
    let deployment = Deployment {
        key: "1/r/p/e".parse().unwrap(),
        time: hour(100),
        began: hour(100),
        ended_as: None,
        rule: String::new(),
        actions: Vec::new(),
        source: crate::event::SourceRevision {
            kind: crate::event::SourceKind::Git,
            provider: None,
            connection: None,
            repository: "acme/shop".into(),
            reference: crate::event::Reference::Branch("main".into()),
            revision: None,
            message: None,
        },
    };
    let check = |answer: ChangeSet, expected: &[(Metric, f64)]| {
        let fact = fact(&deployment, &answer);
        let found: Vec<_> =
            fact.measured.iter().map(|(metric, value)| (*metric, value.get() / 3600.0)).collect();
        assert_eq!(found, expected);
    };
    check(
        ChangeSet::Changed(Changed { commits: vec![commit(95, 95), commit(98, 98)], ..Changed::default() }),
        &[
            (Metric::LeadTimeForChanges, 5.0),
            (Metric::CommitLeadTime, 5.0),
            (Metric::CommitLeadTime, 2.0),
            (Metric::UnknownTime, 5.0),
        ],
    );
    check(ChangeSet::Nothing("nothing"), &[]);
    let known = Changed { commits: vec![commit(75, 75)], ..Changed::default() };
    let incomplete = ChangeSet::Incomplete { reason: "a push is missing".into(), known };
    check(incomplete.clone(), &[]);
    let fact = fact(&deployment, &incomplete);
    assert_eq!(fact.count_metrics, [Metric::IncompleteLeadTimes]);
    let (id, time) = (id(75), hour(75));
    let evidence = format!("a push is missing; at least 25h 0m since commit {id} of {time}");
    assert_eq!(fact.evidence, evidence);
}

/// Bots' commits do not count; where there are no others, nothing does.
#[test]
fn bots_are_left_out() {
    check(Some(90), &[push("main", 90, &[of_bot(92, 92), commit(95, 95), commit(100, 99)])], "95 100@99");
    check(Some(90), &[push("main", 90, &[of_bot(95, 95), of_bot(100, 99)])], "no commit is new");
}

/// What the whole change references, its merges and merged branches included, and which branches it merges.
#[test]
fn references() {
    fn check(changes: &[Change], ops_items: &[&str], branches: &[&str]) {
        let question = ChangeQuery {
            revision: &id(100),
            live: &live(&[90]),
            lines: &BTreeSet::from(["main".to_owned()]),
            deployed: hour(100),
            lookback: SignedDuration::from_hours(80),
            now: hour(100),
            read_since: hour(-10_000),
            oldest: hour(-10_000),
        };
        let ChangeSet::Changed(changed) = change(question, changes) else { panic!("{changes:?}") };
        let found: Vec<String> = changed.incidents.iter().map(ToString::to_string).collect();
        assert_eq!(found, ops_items);
        assert_eq!(Vec::from_iter(&changed.branches), branches);
    }
    let referencing = |commit: Commit, id: &str| Commit { ops_items: vec![id.parse().unwrap()], ..commit };
    let (one, two, three) = ("oi-000000000001", "oi-000000000002", "oi-000000000003");
    let own = referencing(commit(95, 95), one);
    let merge = referencing(merge(96, 96), two);
    let bots = referencing(of_bot(97, 97), three);
    check(&[push("main", 90, &[own, merge, bots, commit(100, 99)])], &[one, two, three], &[]);
    let before = referencing(commit(80, 80), one);
    check(&[push("main", 70, &[before, commit(90, 90)]), plain(90, &[100])], &[], &[]);
    // A squashed pull request: its branch references an incident, and so does a commit of the branch.
    let branch = push("fix/oi-000000000002", 0, &[referencing(commit(95, 95), one)]);
    let request = pull_request("fix/oi-000000000002", 95, 100, 1);
    check(&[plain(90, &[100]), branch, request], &[one, two], &["fix/oi-000000000002"]);
}

/// Changes of a story, written as `branch old>new: commits` for pushes (`~` for a forced one, `m` behind a merge, `#` behind
/// what GitHub made of a pull request) and `base<head_branch head made count` for pull requests.
fn story(lines: &[&str]) -> Vec<Change> {
    lines.iter().map(|line| told(line)).collect()
}

fn told(line: &str) -> Change {
    let words: Vec<&str> = line.split_whitespace().collect();
    if let [branches, head, made, count] = words.as_slice()
        && let Some((base, head_branch)) = branches.split_once('<')
    {
        let [head, made, count] = [head, made, count].map(|number| number.parse().unwrap());
        let Change::PullRequest(request) = pull_request(head_branch, head, made, count) else {
            unreachable!()
        };
        return Change::PullRequest(PullRequest { branch: base.to_owned(), ..request });
    }
    if let [number, step, happened] = words.as_slice()
        && let Some(number) = number.strip_prefix('#')
    {
        return Change::PullRequestStep(PullRequestStep {
            repository: "acme/shop".into(),
            repository_id: None,
            number: number.parse().unwrap(),
            step: StepKind::ALL.into_iter().find(|known| known.name() == *step).unwrap(),
            happened: hour(happened.parse().unwrap()),
        });
    }
    let [branch, heads, listed @ ..] = words.as_slice() else { panic!("{line}") };
    let (old, new) = heads.split_once(['>', '~']).unwrap();
    let [old, new] = [old, new].map(|number| number.parse::<u32>().unwrap());
    let commits = listed.iter().map(|word| {
        let number = word.trim_end_matches(['m', '#']).parse().unwrap();
        let (merge, from_pull_request) = (word.contains('m'), word.ends_with('#'));
        Commit { merge, from_pull_request, ..commit(number, i64::from(number)) }
    });
    let Change::Push(push) = push(branch, old, &[commit(new, i64::from(new))]) else { unreachable!() };
    Change::Push(Push { commits: commits.collect(), forced: heads.contains('~'), ..push })
}

fn check_story(previous: &[u32], branch: &str, lines: &[&str], expected: &str) {
    check_after(100, previous, Some(branch), &story(lines), expected);
}

/// How the first commit of what revision 100 changed came to the deployed branch; revision 10 was live before.
fn check_way(lines: &[&str], expected: &str) {
    let question = ChangeQuery {
        revision: &id(100),
        live: &live(&[10]),
        lines: &BTreeSet::from(["main".to_owned()]),
        deployed: hour(101),
        lookback: SignedDuration::from_hours(80),
        now: hour(101) + LATEST_DELIVERY,
        read_since: hour(-10_000),
        oldest: hour(-10_000),
    };
    let changes = story(&["main 0>10 10"].iter().chain(lines).copied().collect::<Vec<_>>());
    let ChangeSet::Changed(changed) = change(question, &changes) else { panic!("{changes:?}") };
    let PullRequestTimes { ready, reviewed, approved, merged } = changed.pull_request;
    let times = [("ready", ready), ("reviewed", reviewed), ("approved", approved), ("merged", merged)];
    let known = times
        .into_iter()
        .filter_map(|(word, time)| Some(format!("{word} {}", time?.duration_since(hour(0)).as_hours())));
    assert_eq!(Vec::from_iter(known).join(", "), expected, "{lines:?}");
}

#[test]
fn ways_to_merge() {
    let merged = ["feature 0>80 79 80", "main 10>100 79 80 100m", "main<feature 80 100 2"];
    let with = |steps: &[&'static str]| [&merged[..], steps].concat();
    check_way(&merged, "merged 100");
    let steps =
        ["#100 ready 81", "#100 reviewed 83", "#100 approved 84", "#100 reviewed 85", "#100 approved 90"];
    check_way(&with(&steps), "ready 81, reviewed 83, approved 90, merged 100");
    // Its branch was not pushed here: of one that was forked.
    let forked = ["main 10>100 79 80 100m", "main<feature 80 100 2", "#100 ready 81"];
    check_way(&forked, "ready 81, merged 100");
    // It was a draft again, somebody reviewed it after the merge, and another pull request has steps of its own.
    let steps = ["#100 ready 81", "#100 ready 88", "#100 approved 101", "#99 ready 70", "#99 approved 71"];
    check_way(&with(&steps), "ready 81, merged 100");
    // Squashed; rebased without a change; from a fork, of which only the squashed commit is known.
    let squashed = ["feature 0>80 79 80", "main 10>100 100", "main<feature 80 100 2", "#100 ready 81"];
    check_way(&squashed, "ready 81, merged 100");
    let forwarded = ["feature 0>100 79 100", "main 10>100 79 100", "main<feature 100 100 2", "#100 ready 81"];
    check_way(&forwarded, "ready 81, merged 100");
    // By way of a branch that many pull requests are merged into: the first of the two counts.
    let develop = ["feature 0>80 79 80", "develop 0>10", "develop 10>90 90", "develop<feature 80 90 2"];
    let released = ["main 10>100 90 100m", "main<develop 90 100 1", "#90 ready 82", "#100 ready 95"];
    check_way(&[&develop[..], &released].concat(), "ready 82, merged 90");
    // Without a pull request the push is all at once, whether or not it went by another branch.
    check_way(&["main 10>100 99 100"], "ready 100, reviewed 100, approved 100, merged 100");
    let merged = ["feature 0>80 79 80", "main 10>100 79 80 100m"];
    check_way(&merged, "ready 100, reviewed 100, approved 100, merged 100");
    // Later pull requests have the commit, too, since they began from where it had been pushed.
    let pushed = ["main 10>70 70", "feature 70>80 80", "main 70>100 80 100m", "main<feature 80 100 1"];
    check_way(&[&pushed[..], &["#100 ready 81"]].concat(), "ready 70, reviewed 70, approved 70, merged 70");
}

/// A pull request was squashed into a branch that was merged into the deployed one.
#[test]
fn squashed_into_develop() {
    let feature = "feature 0>80 79 80";
    let develop = ["main 0>10 10", "develop 0>10", "develop 10>90 90", "develop<feature 80 90 2"];
    let merged = ["main 10>100 90 100m", "main<develop 90 100 1"];
    check_story(&[10], "main", &[&develop[..], &merged, &[feature]].concat(), "79 80");
    // Or squashed again: all that it had.
    let squashed = ["main 10>100 100", "main<develop 90 100 1"];
    check_story(&[10], "main", &[&develop[..], &squashed, &[feature]].concat(), "79 80");
}

/// A branch was made from another's head, and both were squashed, one after the other.
#[test]
fn stacked_pull_requests() {
    let branches = ["main 0>10 10", "one 0>20 20", "two 0>20", "two 20>30 30"];
    let squashed = ["main 10>90 90", "main<one 20 90 1", "main 90>100 100", "main<two 30 100 2"];
    let all = [&branches[..], &squashed].concat();
    check_story(&[10], "main", &all, "20 30");
    check_story(&[90, 10], "main", &all, "30");
    // Or the upper into the lower, and that into main.
    let downwards = ["one 20>40 40", "one<two 30 40 1", "main 10>100 100", "main<one 40 100 2"];
    check_story(&[10], "main", &[&branches[..], &downwards].concat(), "20 30");
}

/// A pull request that was merged after all that is live is in none of it, though the push that it made has not arrived.
#[test]
fn pull_request_merged_later_whose_push_has_not_arrived() {
    let lines = [
        "main 0>90 90#",
        "main 90>100 95 100m#",
        "main<thing 95 100 1",
        "main<thing 135 140 2",
        "main 140>150 150",
    ];
    check_story(&[90], "main", &lines, "95");
}

/// What came from main by a merge is not made anew by rebasing, and neither is the merge.
#[test]
fn rebase_of_an_updated_branch() {
    let branch = ["feature 0>22 21 22", "main 10>30 30", "feature 22>40 30 40m"];
    let rebased = ["main 30>100 99 100", "main<feature 40 100 3"];
    check_story(&[10], "main", &[&["main 0>10 10"], &branch[..], &rebased].concat(), "21 22 30");
    check_story(&[30], "main", &[&["main 0>10 10"], &branch[..], &rebased].concat(), "21 22");
}

/// As many commits as the branch has are not the branch when one of them is older than it.
#[test]
fn squashes_beside_other_commits() {
    let branch = ["feature 0>52 50 52", "main<feature 52 100 2"];
    check_story(&[10], "main", &[&["main 10>100 45 100"], &branch[..]].concat(), "45 50 52");
    check_story(&[10], "main", &[&["main 10>100 51 100"], &branch[..]].concat(), "50 51 52");
    // Several rebased ones in one push, as merge queues push them.
    let queued = ["main 10>100 97 98 99 100", "main<one 21 98 2", "main<two 31 100 2"];
    let branches = ["one 0>21 20 21", "two 0>31 30 31"];
    check_story(&[10], "main", &[&queued[..], &branches].concat(), "20 21 30 31");
}

/// A pull request whose branch was pushed to main as it is.
#[test]
fn pull_request_pushed_as_it_is() {
    let changes = ["feature 0>100 95 100", "main 90>100 95 100", "main<feature 100 100 2"];
    check_story(&[90], "main", &changes, "95 100");
}

/// What a force push dropped does not count: its old head, and of a pull request's branch what is more than it has.
#[test]
fn force_pushes_drop_commits() {
    check_story(&[90], "main", &["main 90>95 95", "main 95~100 100"], "100");
    check_story(&[95], "main", &["main 90>95 95", "main 95~100 100"], "100");
    let amended = ["feature 0>22 21 22", "feature 22~33 33", "main 10>100 100", "main<feature 33 100 2"];
    check_story(&[10], "main", &amended, "21 33");
    let twice = ["feature 0>22 21 22", "feature 22~33 33", "feature 33~44 44"];
    check_story(
        &[10],
        "main",
        &[&twice[..], &["main 10>100 100", "main<feature 44 100 2"]].concat(),
        "21 44",
    );
    let rebased = ["feature 0>22 21 22", "main 10>30 30", "feature 22~42 30 41 42"];
    let squashed = ["main 30>100 100", "main<feature 42 100 2"];
    check_story(&[30, 10], "main", &[&rebased[..], &squashed].concat(), "41 42");
    // Back to what was deployed before.
    check_story(
        &[105],
        "main",
        &["main 90>100 100", "main 100>105 105", "main 105~100"],
        "an older revision was deployed again",
    );
    check_story(&[90], "main", &["main 80>90 90", "main 90>95 95", "main 95~90", "main 90>100 100"], "100");
}

/// A commit of a branch was deployed from there, then main, which it is merged into.
#[test]
fn branch_deployed_before_main() {
    let changes = [
        "main 0>10 10",
        "main 10>20 20",
        "feature 0>10",
        "feature 10>30 30",
        "feature 30>40 40",
        "main 20>100 30 40 100m",
        "main<feature 40 100 2",
    ];
    check_story(&[30, 10], "main", &changes, "20 40");
    check_story(&[30], "main", &changes, "20 40");
    // Where the branch began is not told: 20 may have been deployed with it.
    let created =
        changes.iter().map(|line| if *line == "feature 10>30 30" { "feature 0>30 30" } else { line });
    check_story(&[30, 10], "main", &Vec::from_iter(created), "incomplete, known: 40");
    // It was squashed.
    let squashed =
        ["main 0>10 10", "feature 0>30 30", "feature 30>40 40", "main 10>100 100", "main<feature 40 100 2"];
    check_story(&[30, 10], "main", &squashed, "40");
    check_story(&[40, 10], "main", &squashed, "no commit is new");
}

/// A branch was made from main's head, and deployed for the first time.
#[test]
fn branch_made_from_another() {
    let changes = ["main 0>10 10", "main 10>100 90 100", "release/1 0>100"];
    check_story(&[10], "release/1", &changes, "90 100");
    check_story(&[100, 10], "release/1", &changes, "the same revision was deployed before");
    // From the middle of a push, and from what has not arrived.
    let Change::Push(created) = told("release/1 0>98") else { unreachable!() };
    let created = Change::Push(Push { pushed: hour(99), ..created });
    let later = story(&["main 10>99 90 98 99", "release/1 98>100 100"]);
    check_after(100, &[10], Some("release/1"), &[&later[..], &[created]].concat(), "90 98 100");
    check_story(&[10], "release/1", &["release/1 0>100"], "incomplete, known: ");
    // Main goes on from what was deployed of the branch.
    let later = ["main 10>50 50", "release/1 0>50", "release/1 50>60 60", "main 50>100 100"];
    check_story(&[60, 50, 10], "main", &later, "100");
}

/// What an earlier squash brought was deployed with it.
#[test]
fn squashes_of_a_branch_that_lives_on() {
    let first = ["main 0>10 10", "develop 0>20 20", "main 10>30 30", "main<develop 20 30 1"];
    let second = ["develop 20>40 40", "main 30>100 100", "main<develop 40 100 2"];
    check_story(&[30, 10], "main", &[&first[..], &second].concat(), "40");
    let merged = ["develop 20>40 40", "main 30>100 20 40 100m", "main<develop 40 100 2"];
    check_story(&[30, 10], "main", &[&first[..], &merged].concat(), "40");
}

/// A part of a push on the way has not arrived, or of one of a squashed branch.
#[test]
fn parts_that_are_missing() {
    let Change::Push(whole) = told("main 90>100 95 97 100") else { unreachable!() };
    let first = Change::Push(Push { parts: 2, ..whole.clone() });
    check(Some(90), std::slice::from_ref(&first), "incomplete, known: 95 97 100");
    check(None, std::slice::from_ref(&first), "incomplete, known: 95 97 100");
    let Change::Push(before) = told("main 90>99 95 97 99") else { unreachable!() };
    let before = Change::Push(Push { commits: before.commits[..2].to_vec(), parts: 2, ..before });
    check(Some(90), &[before.clone(), told("main 99>100 100")], "incomplete, known: 95 97 100");
    check(None, &[before, told("main 99>100 100")], "incomplete, known: 95 97 100");
    // It was deployed before, and merged: what it brought is not known. What is missing further back does not matter.
    let Change::Push(lost) = told("feature 0>40 20 30 40") else { unreachable!() };
    let lost = Change::Push(Push { commits: lost.commits[..1].to_vec(), parts: 2, ..lost });
    let merged = told("main 10>100 30 40 100m");
    check_after(100, &[40, 10], Some("main"), &[lost.clone(), merged], "incomplete, known: ");
    let later = [lost, told("feature 40>50 50"), told("feature 50>100 100")];
    check_after(100, &[50, 40], Some("feature"), &later, "100");
    let Change::Push(branch) = told("feature 0>50 30 40 50") else { unreachable!() };
    let branch = Change::Push(Push { commits: branch.commits[..1].to_vec(), parts: 2, ..branch });
    let squashed = [branch, told("main 90>100 100"), told("main<feature 50 100 3")];
    check(Some(90), &squashed, "incomplete, known: 100");
}

/// What was taken back by deploying an older revision is new again.
#[test]
fn newer_revision_after_an_older_one() {
    let changes = ["main 0>90 90", "main 90>95 95", "main 95>100 100"];
    check_story(&[90, 95, 90], "main", &changes, "95 100");
    check_story(&[90, 100, 90], "main", &changes, "95 100");
}

/// What may still arrive is awaited for four days after it happened; then what has arrived counts.
fn check_awaited(previous: &[u32], lines: &[&str], awaited_until: i64, known: &str, then: &str) {
    let days = |days: i64| SignedDuration::from_hours(24 * days);
    let last = hour(awaited_until) + LATEST_DELIVERY;
    assert_eq!(LATEST_DELIVERY, days(4));
    let awaited = format!("awaited, known: {known}");
    for (now, expected) in [(hour(100), awaited.as_str()), (last - days(1), &awaited), (last, then)] {
        check_at(now, 100, previous, Some("main"), &story(lines), expected);
    }
}

/// GitHub made a commit of a pull request: that it was one, which branch it had, a delivery tells that has not arrived.
#[test]
fn pull_request_that_has_not_arrived() {
    check_awaited(&[10], &["main 10>100 100#", "feature 0>80 79 80"], 100, "100", "incomplete, known: 100");
    check_awaited(&[10], &["main 10>90 80 90m#", "main 90>100 100"], 90, "80 100", "80 100");
    // It lies further back, or has been deployed before.
    let further =
        ["main 0>10 10#", "main 10>20 20#", "main<feature 15 20 1", "feature 0>15 15", "main 20>100 100"];
    check_at(hour(100), 100, &[10], Some("main"), &story(&further), "15 100");
    // A branch that main was merged into lists it once more, later.
    let again = ["main 10>100 4 5m# 100"];
    let Change::Push(first) = told("main 0>5 5m#") else { unreachable!() };
    let long_ago = Change::Push(Push { pushed: hour(0) - LATEST_DELIVERY, ..first });
    check_at(hour(100), 100, &[10], Some("main"), &[&story(&again)[..], &[long_ago]].concat(), "4 100");
}

/// The pull request has arrived, and a push to its branch has not.
#[test]
fn branch_of_a_pull_request_that_has_not_arrived() {
    let squashed = ["main 10>100 100#", "main<feature 90 100 2"];
    check_awaited(&[10], &squashed, 100, "100", "incomplete, known: 100");
    // What is missing was pushed before what has arrived.
    check_awaited(&[10], &[&squashed[..], &["feature 80>90 90"]].concat(), 90, "90", "incomplete, known: 90");
    check_awaited(&[10], &[&squashed[..], &["feature 0>90 90"]].concat(), 90, "90", "incomplete, known: 90");
    check_story(&[10], "main", &[&squashed[..], &["feature 0>90 85 90"]].concat(), "85 90");
    // A fork's branch is never pushed here.
    let Change::PullRequest(request) = told("main<feature 90 100 2") else { unreachable!() };
    let of_fork = Change::PullRequest(PullRequest { same_repository: false, ..request });
    check_at(hour(100), 100, &[10], Some("main"), &[told("main 10>100 100#"), of_fork], "100");
}

/// The first deployment of a pipeline: nothing tells what came before, but that something did.
#[test]
fn pushes_before_a_first_deployment_that_have_not_arrived() {
    check_awaited(
        &[],
        &["main 90>95 95", "main 95>100 98 100"],
        95,
        "95 98 100",
        "incomplete, known: 95 98 100",
    );
    check_at(hour(100), 100, &[], Some("main"), &story(&["main 0>95 95", "main 95>100 100"]), "95 100");
}

/// A topic branch merged main, of which the webhook missed a push: that push's head is explained by no other branch.
#[test]
fn topic_that_merged_a_main_from_before_the_webhook() {
    let told = [
        "topic 0>20 20",
        "main 5>30 30",
        "topic 20>40 5 30 40m",
        "main 30>100 20 40 100m",
        "main<topic 40 100 2",
    ];
    check_story(&[30], "main", &told, "20");
    check_story(&[30], "main", &[&told[..], &["main 4>5 5"]].concat(), "20");
}

/// A branch that is older than what was read was squashed.
#[test]
fn branch_from_before_what_was_read() {
    fn check(changes: &[Change], read_since: i64, expected: &str) {
        let lines = BTreeSet::from(["main".to_owned()]);
        let question = ChangeQuery {
            revision: &id(100),
            live: &live(&[90]),
            lines: &lines,
            deployed: hour(100),
            lookback: SignedDuration::from_hours(90 * 24),
            now: hour(100),
            read_since: hour(read_since),
            oldest: hour(-5000),
        };
        let found = match change(question, changes) {
            ChangeSet::Changed(Changed { commits, .. }) => commits
                .iter()
                .map(|commit| commit.time.duration_since(hour(0)).as_hours().to_string())
                .collect(),
            answer => vec![format!("{answer:?}")],
        };
        assert_eq!(found.join(" "), expected);
    }
    let Change::Push(branch) = push("topic", 0, &[commit(21, -2310), commit(22, -2309)]) else {
        unreachable!()
    };
    let branch = Change::Push(Push { pushed: hour(-2300), repository_created: None, ..branch });
    let Change::Push(main) = told("main 90>100 100") else { unreachable!() };
    let main = Change::Push(Push { repository_created: None, ..main });
    let squashed = [main, told("main<topic 22 100 2")];
    check(&squashed, -2070, "Older");
    check(&[&squashed[..], &[branch]].concat(), -5000, "-2310 -2309");
    // What is older than what was read may have counted earlier.
    let Change::Push(merged) = push("main", 90, &[commit(21, -2310), merge(100, 100)]) else {
        unreachable!()
    };
    let merged = Change::Push(Push { repository_created: None, ..merged });
    check(std::slice::from_ref(&merged), -2070, "Older");
    check(&[merged], -5000, "-2310");
}

/// Main goes on to what develop has, by a push that lists nothing.
#[test]
fn fast_forward_that_lists_nothing() {
    let changes = ["main 0>10 10", "develop 0>50 50", "develop 50>100 100", "main 10>100"];
    check_story(&[10], "main", &changes, "50 100");
}

/// The branch has another name since, which no push tells.
#[test]
fn renamed_branch() {
    let changes = ["master 0>10 10", "master 10>90 90", "main 90>100 100"];
    check_story(&[90], "main", &changes, "100");
    check_story(&[10], "main", &changes, "90 100");
}

/// What was live once counts once, whichever branch it was deployed from.
#[test]
fn several_branches_deployed_alternately() {
    let changes = [
        "main 0>10 10",
        "release/1 0>10",
        "main 10>20 20",
        "release/1 10>30 30",
        "hotfix/x 0>30",
        "hotfix/x 30>40 40",
        "main 20>95 95",
        "main 95>100 30 40 100m",
    ];
    check_story(&[40, 30, 20, 10], "release/1", &changes, "95");
    check_story(&[20, 30, 20, 10], "release/1", &changes, "40 95");
    // Back to 10, which takes back both.
    check_story(&[10, 30, 20, 10], "release/1", &changes, "20 30 40 95");
}

/// GitHub lists 2,048 commits of a push at most: what is missing is not told.
#[test]
fn more_commits_than_are_listed() {
    let commits: Vec<Commit> = (1..=2100).map(|number| commit(1000 + number, 95)).collect();
    let all = |listed: &[Commit]| {
        let Change::Push(push) = push("main", 90, listed) else { unreachable!() };
        Change::Push(Push { new_head: commits[2099].id.clone(), ..push })
    };
    let check = |listed: &[Commit], expected: bool| {
        let pushes = [all(listed), push("main", 3100, &[commit(100, 96)])];
        let lines = BTreeSet::from(["main".to_owned()]);
        let question = ChangeQuery {
            revision: &id(100),
            live: &live(&[90]),
            lines: &lines,
            deployed: hour(100),
            lookback: SignedDuration::from_hours(80),
            now: hour(100) + LATEST_DELIVERY,
            read_since: hour(0),
            oldest: hour(0),
        };
        assert_eq!(matches!(change(question, &pushes), ChangeSet::Changed(_)), expected);
    };
    check(&commits[52..], false);
    check(&commits[..2048], false);
    check(&commits[..2047], false);
    check(&commits[53..], true);
}

/// A pull request proves what it made, whatever messages say.
#[test]
fn pull_requests_know_better_than_messages() {
    // A squashed commit whose title begins like a merge's.
    let squashed = ["main 10>100 100m#", "main<feature 90 100 1", "feature 0>90 90"];
    check_story(&[10], "main", &squashed, "90");
    let Change::PullRequest(request) = told("main<feature 90 100 1") else { unreachable!() };
    let of_fork = Change::PullRequest(PullRequest { same_repository: false, ..request });
    check_after(100, &[10], Some("main"), &[told("main 10>100 100m#"), of_fork], "100");
    // A merge whose title does not.
    check_story(&[10], "main", &["main 10>100 90 100#", "main<feature 90 100 1"], "90");
}

/// Two branches were made from the same head, and one was merged, then the other.
#[test]
fn branches_made_from_the_same_head() {
    let branches = ["main 0>10 10", "base 0>20 20", "one 0>20", "two 0>20", "one 20>30 30", "two 20>40 40"];
    let squashed = ["main 10>90 90", "main<one 30 90 2", "main 90>100 100", "main<two 40 100 2"];
    let all = [&branches[..], &squashed].concat();
    check_story(&[10], "main", &all, "20 30 40");
    check_story(&[90, 10], "main", &all, "40");
}

/// A branch was created on another one with a commit of its own, and squashed with all that it had; then the other one was:
/// what nobody knows of the first may be what counted already.
#[test]
fn stacked_branch_that_was_created_with_commits() {
    let told = [
        "main 0>10 10",
        "one 0>30 20 30",
        "two 0>40 40",
        "main 10>50 50",
        "main<two 40 50 3",
        "one 30>60 60",
        "main 50>100 100",
        "main<one 60 100 3",
    ];
    check_story(&[50, 10], "main", &told, "incomplete, known: 60");
}

/// Nothing tells what came before the first deployment ever: that is the reason, not that nothing is new.
#[test]
fn reasons() {
    fn check(previous: &[u32], lines: &[&str], hours: i64, expected: &str) {
        let main = BTreeSet::from(["main".to_owned()]);
        let question = ChangeQuery {
            revision: &id(100),
            live: &live(previous),
            lines: &main,
            deployed: hour(100),
            lookback: SignedDuration::from_hours(80),
            now: hour(100 + hours),
            read_since: hour(-10_000),
            oldest: hour(-10_000),
        };
        let found = match change(question, &story(lines)) {
            ChangeSet::Awaited { reason, .. } => format!("awaited: {reason}"),
            ChangeSet::Incomplete { reason, .. } => format!("incomplete: {reason}"),
            answer => format!("{answer:?}"),
        };
        assert_eq!(found.split_once(" 0000").map_or(found.as_str(), |(start, _)| start), expected);
    }
    let unknown = "commits were pushed before the webhook existed, or the push that brought";
    check(&[], &["main 90>100 100m"], 1, &format!("awaited: {unknown}"));
    check(&[], &["main 90>100 100m"], 96, &format!("incomplete: {unknown}"));
    check(&[80], &["main 90>100 100"], 96, &format!("incomplete: {unknown}"));
    check(&[80], &[], 96, "incomplete: no push that brought revision");
    check(&[80], &["main 80>90 90", "main 90~100 100m"], 96, "Nothing(\"no commit is new\")");
    let left = "incomplete: nothing tells what the force push that brought";
    check(&[80], &["main 80>90 85 90", "main 90~100 100"], 96, left);
    let origin = "incomplete: nothing tells what the branch of";
    check(&[80], &["main 0>80 80", "main 80>90 90", "hotfix 0>100 100"], 96, origin);
}

/// Executions of which it is not known whether they went live.
#[test]
fn executions_that_are_concerned() {
    fn check(live_before: &[u32], candidates: &[(u32, i64)], expected: &[usize]) {
        let changes =
            story(&["main 0>10 10", "main 10>20 20", "main 20>30 30", "main 30>40 40", "main 40>100 100"]);
        let lines = BTreeSet::from(["main".to_owned()]);
        let question = ChangeQuery {
            revision: &id(100),
            live: &live(live_before),
            lines: &lines,
            deployed: hour(100),
            lookback: SignedDuration::from_hours(80),
            now: hour(100),
            read_since: hour(0),
            oldest: hour(0),
        };
        let candidates: Vec<Live> = candidates
            .iter()
            .map(|(revision, at)| Live { time: hour(*at), revision: id(*revision) })
            .collect();
        assert_eq!(concerned(question, &changes, &candidates), expected);
    }
    // What was made before the latest is in it.
    check(&[30], &[(20, 25), (10, 15)], &[]);
    // It would have deployed a part of the change.
    check(&[30], &[(40, 45), (20, 25)], &[0]);
    // It would have taken back what is live.
    check(&[30], &[(20, 50)], &[0]);
    // It would have taken back what may have been live.
    check(&[30], &[(20, 60), (30, 50), (40, 45)], &[0, 1, 2]);
}
