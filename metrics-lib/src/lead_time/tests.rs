use super::*;
use crate::lake::{PullRequest, Push};

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
        requested: false,
        ops_items: Vec::new(),
    }
}

fn of_bot(number: u32, at: i64) -> Commit {
    Commit { bot: true, ..commit(number, at) }
}

fn merge(number: u32, at: i64) -> Commit {
    Commit { merge: true, ..commit(number, at) }
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
        merged: hour(100),
        own_branch: true,
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
    let previous: Vec<CommitId> = previous.iter().copied().map(id).collect();
    let question = Question {
        revision: &revision,
        previous: &previous,
        branch,
        deployed: hour(100),
        lookback: SignedDuration::from_hours(80),
        now,
    };
    let commits = |Changed { commits, .. }: Changed| {
        let commits = commits.iter().map(|commit| {
            let number = u32::from_str_radix(commit.id.as_str(), 16).unwrap();
            let at = commit.time.duration_since(hour(0)).as_hours();
            if i64::from(number) == at { number.to_string() } else { format!("{number}@{at}") }
        });
        commits.collect::<Vec<_>>().join(" ")
    };
    let describe = |answer: Answer| match answer {
        Answer::Changed(changed) | Answer::WholeBranch(changed) => commits(changed),
        Answer::Nothing(reason) => reason.to_owned(),
        Answer::Unknown(_) => "unknown".into(),
        Answer::Awaited { known, .. } => format!("awaited, known: {}", commits(known)),
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
    check(Some(90), &[plain(80, &[85, 90, 92]), plain(92, &[95, 100, 101])], "92 95 100");
    check(Some(95), &[plain(90, &[95, 98, 100, 101])], "98 100");
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
    check(Some(90), &[], "unknown");
    check(Some(90), &[plain(90, &[95])], "unknown");
    check(Some(90), &[plain(95, &[100])], "unknown");
    check(None, &[], "unknown");
}

/// The first deployment ever reaches back as far as it may: 80 hours.
#[test]
fn the_first_deployment_ever() {
    check(None, &[plain(0, &[1, 19, 20, 21]), plain(21, &[100])], "20 21 100");
    check(None, &[plain(95, &[98, 100])], "98 100");
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
    check(Some(90), &[squashed.clone(), request], "100");
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
fn another_branch_is_another_story() {
    check(Some(90), &[push("develop", 90, &[commit(100, 100)])], "unknown");
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
    check_after(100, &[95, 90], Some("main"), &[plain(80, &[90]), merged], "no commit is new");
}

/// What is too old to count for the first deployment ever references nothing.
#[test]
fn references_before_the_first_deployment() {
    let old = Commit { ops_items: vec!["oi-000000000001".parse().unwrap()], ..commit(10, 10) };
    let (revision, lookback) = (id(100), SignedDuration::from_hours(80));
    let (branch, deployed) = (Some("main"), hour(100));
    let now = deployed + LATEST_DELIVERY;
    let question = Question { revision: &revision, previous: &[], branch, deployed, lookback, now };
    let answer = change(question, &[push("main", 0, &[old, commit(100, 100)])]);
    let Answer::WholeBranch(Changed { commits, ops_items, .. }) = answer else { panic!("{answer:?}") };
    assert_eq!((commits, ops_items), (vec![commit(100, 100)], BTreeSet::new()));
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
    check(Some(90), &[plain(100, &[95]), plain(95, &[100])], "unknown");
    check(None, &[plain(100, &[95]), plain(95, &[100])], "95 100");
}

#[test]
fn facts() {
    let deployment = Deployment {
        key: crate::event::ExecutionKey {
            account: "1".into(),
            region: "r".into(),
            pipeline: "p".into(),
            execution_id: "e".into(),
        },
        time: hour(100),
        source: crate::event::Source {
            kind: crate::event::SourceKind::Git,
            repository: "acme/shop".into(),
            reference: crate::event::Reference::Branch("main".into()),
            revision: None,
            message: None,
        },
    };
    let check = |answer: Answer, expected: &[(Metric, f64)]| {
        let fact = fact(&deployment, &answer);
        let found: Vec<_> =
            fact.measured.iter().map(|(metric, value)| (*metric, value.get() / 3600.0)).collect();
        assert_eq!(found, expected);
    };
    check(
        Answer::Changed(Changed { commits: vec![commit(95, 95), commit(98, 98)], ..Changed::default() }),
        &[(Metric::LeadTimeForChanges, 5.0), (Metric::CommitLeadTime, 5.0), (Metric::CommitLeadTime, 2.0)],
    );
    check(Answer::Nothing("nothing"), &[]);
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
        let question = Question {
            revision: &id(100),
            previous: &[id(90)],
            branch: Some("main"),
            deployed: hour(100),
            lookback: SignedDuration::from_hours(80),
            now: hour(100),
        };
        let Answer::Changed(changed) = change(question, changes) else { panic!("{changes:?}") };
        let found: Vec<String> = changed.ops_items.iter().map(ToString::to_string).collect();
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
    let [branch, heads, listed @ ..] = words.as_slice() else { panic!("{line}") };
    let (old, new) = heads.split_once(['>', '~']).unwrap();
    let [old, new] = [old, new].map(|number| number.parse::<u32>().unwrap());
    let commits = listed.iter().map(|word| {
        let number = word.trim_end_matches(['m', '#']).parse().unwrap();
        let (merge, requested) = (word.contains('m'), word.ends_with('#'));
        Commit { merge, requested, ..commit(number, i64::from(number)) }
    });
    let Change::Push(push) = push(branch, old, &[commit(new, i64::from(new))]) else { unreachable!() };
    Change::Push(Push { commits: commits.collect(), forced: heads.contains('~'), ..push })
}

fn check_story(previous: &[u32], branch: &str, lines: &[&str], expected: &str) {
    check_after(100, previous, Some(branch), &story(lines), expected);
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
        "feature 0>30 30",
        "feature 30>40 40",
        "main 20>100 30 40 100m",
        "main<feature 40 100 2",
    ];
    check_story(&[30, 10], "main", &changes, "20 40");
    // Main began where nothing was deployed before: all that was not.
    check_story(&[30], "main", &changes, "20 40");
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
    check_story(&[10], "release/1", &["main 10>110 90 100 110", "release/1 0>100"], "90 100");
    check_story(&[10], "release/1", &["release/1 0>100"], "unknown");
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
    check(Some(90), std::slice::from_ref(&first), "unknown");
    check(None, std::slice::from_ref(&first), "unknown");
    let before = Change::Push(Push { branch: "main".into(), new_head: id(99), parts: 2, ..whole.clone() });
    check(Some(90), &[before.clone(), told("main 99>100 100")], "unknown");
    check(None, &[before, told("main 99>100 100")], "unknown");
    // It was deployed before, and merged: what it brought is not known. What is missing further back does not matter.
    let lost = Change::Push(Push { branch: "feature".into(), new_head: id(40), parts: 2, ..whole.clone() });
    check_after(100, &[40, 10], Some("main"), &[lost.clone(), told("main 10>100 30 40 100m")], "unknown");
    let later = [lost, told("feature 40>50 50"), told("feature 50>100 100")];
    check_after(100, &[50, 40], Some("feature"), &later, "100");
    let branch =
        Change::Push(Push { branch: "feature".into(), new_head: id(50), old_head: None, parts: 2, ..whole });
    let squashed = [branch, told("main 90>100 100"), told("main<feature 50 100 3")];
    check(Some(90), &squashed, "unknown");
}

/// What was taken back by deploying an older revision is new again.
#[test]
fn newer_revision_after_an_older_one() {
    let changes = ["main 0>90 90", "main 90>95 95", "main 95>100 100"];
    check_story(&[90, 95, 90], "main", &changes, "95 100");
    check_story(&[90, 100, 90], "main", &changes, "95 100");
}

/// What may still arrive is awaited for four days after it happened; then what has arrived counts.
fn check_awaited(previous: &[u32], lines: &[&str], awaited_until: i64, then: &str) {
    let days = |days: i64| SignedDuration::from_hours(24 * days);
    let last = hour(awaited_until) + LATEST_DELIVERY;
    assert_eq!(LATEST_DELIVERY, days(4));
    let awaited = format!("awaited, known: {then}");
    for (now, expected) in [(hour(100), awaited.as_str()), (last - days(1), &awaited), (last, then)] {
        check_at(now, 100, previous, Some("main"), &story(lines), expected);
    }
}

/// GitHub made a commit of a pull request: that it was one, which branch it had, a delivery tells that has not arrived.
#[test]
fn pull_request_that_has_not_arrived() {
    check_awaited(&[10], &["main 10>100 100#", "feature 0>80 79 80"], 100, "100");
    check_awaited(&[10], &["main 10>90 80 90m#", "main 90>100 100"], 90, "80 100");
    // It lies further back, or has been deployed before.
    let further =
        ["main 0>10 10#", "main 10>20 20#", "main<feature 15 20 1", "feature 0>15 15", "main 20>100 100"];
    check_at(hour(100), 100, &[10], Some("main"), &story(&further), "15 100");
    // A branch that main was merged into lists it once more, later.
    let again = ["main 10>100 5# 100"];
    let Change::Push(first) = told("main 0>5 5#") else { unreachable!() };
    let long_ago = Change::Push(Push { pushed: hour(0) - LATEST_DELIVERY, ..first });
    check_at(hour(100), 100, &[10], Some("main"), &[&story(&again)[..], &[long_ago]].concat(), "5 100");
}

/// The pull request has arrived, and a push to its branch has not.
#[test]
fn branch_of_a_pull_request_that_has_not_arrived() {
    let squashed = ["main 10>100 100#", "main<feature 90 100 2"];
    check_awaited(&[10], &squashed, 100, "100");
    // What is missing was pushed before what has arrived.
    check_awaited(&[10], &[&squashed[..], &["feature 80>90 90"]].concat(), 90, "90");
    check_at(
        hour(100),
        100,
        &[10],
        Some("main"),
        &story(&[&squashed[..], &["feature 0>90 90"]].concat()),
        "90",
    );
    // A fork's branch is never pushed here.
    let Change::PullRequest(request) = told("main<feature 90 100 2") else { unreachable!() };
    let of_fork = Change::PullRequest(PullRequest { own_branch: false, ..request });
    check_at(hour(100), 100, &[10], Some("main"), &[told("main 10>100 100#"), of_fork], "100");
}

/// The first deployment of a pipeline: nothing tells what came before, but that something did.
#[test]
fn pushes_before_a_first_deployment_that_have_not_arrived() {
    check_awaited(&[], &["main 90>95 95", "main 95>100 98 100"], 95, "95 98 100");
    check_at(hour(100), 100, &[], Some("main"), &story(&["main 0>95 95", "main 95>100 100"]), "95 100");
}
