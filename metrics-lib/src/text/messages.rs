//! What commit messages say of merges and pull requests: only the forms that Git and Git hosts write themselves.
//!
//! A person's "Merge branch handling rewritten" begins like a merge and is none, so a first line is read whole: what
//! is left over at its end makes it prose.

/// The branch that a merge commit's message says it merged, the first of several; none for any other message, and
/// where tags or commits were merged.
///
/// Knows the messages that [`is_merge`] knows. Of a remote-tracking branch `origin/x` the branch is `x`.
pub fn merged_branch(message: &str) -> Option<&str> {
    merge(message)?.branch
}

/// Whether a commit's message is one that a tool writes for a merge:
///
/// - Git: `Merge branch 'x'`, `Merge branches 'x', 'y' and 'z'`, `Merge remote-tracking branch 'origin/x'`, `Merge tag
///   'v1'`, `Merge commit 'abc'`, lists of these, with `of URL` and `into y`
/// - GitHub: `Merge pull request #7 from owner/x`
/// - GitLab: `Merge branch 'x' into 'y'`
/// - Bitbucket Cloud: `Merged in x (pull request #7)`
/// - Bitbucket Server: `Merge pull request #7 in PROJECT/repository from x to y`, and `Pull request #7: Title` above
///   `Merge in PROJECT/repository from x to y`
///
/// One that ends in `(#7)` is a squashed pull request.
pub fn is_merge(message: &str) -> bool {
    merge(message).is_some()
}

/// Whether a commit's message is as GitHub writes it when it merges a pull request: `Merge pull request #7 from owner/x`,
/// or a title that ends with `(#7)`.
pub fn is_of_pull_request(message: &str) -> bool {
    let subject = message.lines().next().unwrap_or_default().trim_end();
    match subject.strip_prefix("Merge pull request #") {
        Some(rest) => rest.split(' ').next().is_some_and(is_number),
        None => is_squashed(subject),
    }
}

/// What was merged.
struct Merge<'a> {
    branch: Option<&'a str>,
}

impl<'a> Merge<'a> {
    fn of(branch: &'a str) -> Self {
        Self { branch: Some(branch) }
    }
}

fn merge(message: &str) -> Option<Merge<'_>> {
    let message = message.trim_start();
    let (subject, body) = message.split_once('\n').unwrap_or((message, ""));
    let subject = subject.trim_end();
    if is_squashed(subject) {
        return None;
    }
    of_pull_request(subject)
        .or_else(|| by_bitbucket_cloud(subject))
        .or_else(|| by_bitbucket_server(subject, body))
        .or_else(|| by_git(subject))
}

/// `Merge pull request #7 from owner/x`, `Merge pull request #7 in PROJECT/repository from x to y`.
fn of_pull_request(subject: &str) -> Option<Merge<'_>> {
    let (number, rest) = subject.strip_prefix("Merge pull request #")?.split_once(' ')?;
    if !is_number(number) {
        return None;
    }
    if let Some(head) = rest.strip_prefix("from ") {
        let (owner, branch) = head.split_once('/')?;
        return (is_name(owner) && is_name(branch)).then(|| Merge::of(branch));
    }
    from_to(rest.strip_prefix("in ")?)
}

/// `Merged in x (pull request #7)`.
fn by_bitbucket_cloud(subject: &str) -> Option<Merge<'_>> {
    let (branch, number) = subject.strip_prefix("Merged in ")?.split_once(" (pull request #")?;
    (is_name(branch) && is_number(number.strip_suffix(')')?)).then(|| Merge::of(branch))
}

/// `Pull request #7: Title`, below it `Merge in PROJECT/repository from x to y`.
fn by_bitbucket_server<'a>(subject: &str, body: &'a str) -> Option<Merge<'a>> {
    let (number, _title) = subject.strip_prefix("Pull request #")?.split_once(':')?;
    let line = body.trim_start().lines().next()?.trim_end();
    is_number(number).then_some(())?;
    from_to(line.strip_prefix("Merge in ")?)
}

/// `PROJECT/repository from x to y`.
fn from_to(text: &str) -> Option<Merge<'_>> {
    let (repository, branches) = text.split_once(" from ")?;
    let (branch, target) = branches.split_once(" to ")?;
    let is_repository = is_name(repository) && repository.contains('/');
    (is_repository && is_name(branch) && is_name(target)).then(|| Merge::of(branch))
}

/// `Merge`, what `git fmt-merge-msg` lists, of each place that it comes from, and what it was merged into.
fn by_git(subject: &str) -> Option<Merge<'_>> {
    let mut rest = subject.strip_prefix("Merge ")?;
    let mut branch = source(&mut rest)?;
    while take(&mut rest, "; ") {
        let next = source(&mut rest)?;
        branch = branch.or(next);
    }
    if take(&mut rest, " into ") {
        let target = rest.strip_prefix('\'').map_or(Some(rest), |quoted| quoted.strip_suffix('\''))?;
        return is_name(target).then_some(Merge { branch });
    }
    rest.is_empty().then_some(Merge { branch })
}

/// What comes from one place: `branch 'x', tag 'y' of URL`, or the head of a repository, which is told by its URL alone.
fn source<'a>(rest: &mut &'a str) -> Option<Option<&'a str>> {
    if let Some(url) = url(rest).filter(|&url| is_address(&rest[..url])) {
        *rest = &rest[url..];
        return Some(None);
    }
    let mut branch = item(rest)?;
    while take(rest, ", ") {
        let next = item(rest)?;
        branch = branch.or(next);
    }
    if take(rest, " of ") {
        let url = url(rest)?;
        *rest = &rest[url..];
    }
    Some(branch)
}

/// Things of one kind: `branch 'x'`, `tags 'x', 'y' and 'z'`. Returns the first branch.
fn item<'a>(rest: &mut &'a str) -> Option<Option<&'a str>> {
    const KINDS: [(&str, &str); 4] = [
        ("branch ", "branches "),
        ("remote-tracking branch ", "remote-tracking branches "),
        ("tag ", "tags "),
        ("commit ", "commits "),
    ];
    if take(rest, "HEAD") {
        return Some(None);
    }
    for (one, several) in KINDS {
        let name = if take(rest, one) {
            quoted(rest)?
        } else if take(rest, several) {
            let first = quoted(rest)?;
            while rest.starts_with(", '") && take(rest, ", ") {
                quoted(rest)?;
            }
            take(rest, " and ").then(|| quoted(rest))??;
            first
        } else {
            continue;
        };
        return Some(match one {
            "branch " => Some(name),
            "remote-tracking branch " => name.split_once('/').map(|(_remote, branch)| branch),
            _ => None,
        });
    }
    None
}

/// A name in quotes, which Git does not escape: it ends with the word that it is in. Of a branch, only an early part may
/// have been merged.
fn quoted<'a>(rest: &mut &'a str) -> Option<&'a str> {
    let word = rest.split(' ').next()?.trim_end_matches([',', ';']);
    let name = word.strip_prefix('\'')?.strip_suffix('\'')?;
    *rest = &rest[word.len()..];
    take(rest, " (early part)");
    is_name(name).then_some(name)
}

/// The length of the URL or path that a text begins with, a word with a `/` or `:`; none if there is none.
fn url(text: &str) -> Option<usize> {
    let word = text.split(' ').next()?.trim_end_matches(';');
    let is_url = word.contains(['/', ':']) && word.contains(char::is_alphanumeric) && !word.contains('\'');
    is_url.then_some(word.len())
}

/// Whether a word with a `/` or `:` is the address of a repository, even where nothing else says so: `and/or` is none.
fn is_address(word: &str) -> bool {
    let is_path = ["/", "./", "../"].iter().any(|beginning| word.starts_with(beginning));
    is_path || word.contains("://") || word.split_once(':').is_some_and(|(host, _)| host.contains(['.', '@']))
}

/// Goes past a beginning, if a text has it.
fn take(rest: &mut &str, beginning: &str) -> bool {
    match rest.strip_prefix(beginning) {
        Some(after) => {
            *rest = after;
            true
        }
        None => false,
    }
}

/// Whether a text may be the name of a branch or repository: one word.
fn is_name(text: &str) -> bool {
    !text.is_empty() && !text.contains(|char: char| char.is_whitespace() || char.is_control())
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|digit| digit.is_ascii_digit())
}

/// Whether a first line ends as that of a squashed pull request does: in `(#7)`.
fn is_squashed(subject: &str) -> bool {
    let number = subject.strip_suffix(')').and_then(|rest| rest.rsplit_once("(#"));
    number.is_some_and(|(_, number)| is_number(number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn merges() {
        /// `expected` is the merged branch, empty where something else was merged.
        fn check(message: &str, expected: Option<&str>) {
            assert_eq!(is_merge(message), expected.is_some(), "{message:?}");
            assert_eq!(merged_branch(message), expected.filter(|branch| !branch.is_empty()), "{message:?}");
        }
        // Git.
        check("Merge branch 'hotfix/login'", Some("hotfix/login"));
        check("Merge branch 'hotfix/login'\n\n# Conflicts:\n#\tlogin.rs", Some("hotfix/login"));
        check("Merge branch 'hotfix/login'\r\n\r\nText", Some("hotfix/login"));
        check("\n Merge branch 'x' \n", Some("x"));
        check("Merge branch 'hotfix/login' into main", Some("hotfix/login"));
        check("Merge branch 'hotfix/login' of github.com:acme/shop", Some("hotfix/login"));
        check("Merge branch 'main' of https://github.com/acme/shop into fix", Some("main"));
        check("Merge branch 'x' of ../shop", Some("x"));
        check("Merge branch 'x' (early part)", Some("x"));
        check("Merge branch 'x' (early part) into y", Some("x"));
        check("Merge branch 'it's'", Some("it's"));
        check("Merge branch 'größe/größer' into größe", Some("größe/größer"));
        check("Merge branches 'a' and 'b'", Some("a"));
        check("Merge branches 'a', 'b' and 'c'", Some("a"));
        check("Merge branches 'a', 'b' and 'c' of ssh://git@example.com/shop into d", Some("a"));
        check("Merge remote-tracking branch 'origin/hotfix/login'", Some("hotfix/login"));
        check("Merge remote-tracking branch 'origin/main' into fix", Some("main"));
        check("Merge remote-tracking branches 'origin/a' and 'origin/b'", Some("a"));
        check("Merge remote-tracking branch 'x'", Some(""));
        check("Merge tag 'v1'", Some(""));
        check("Merge tag 'v1' of git://example.com/shop into main", Some(""));
        check("Merge tags 'v1' and 'v2'", Some(""));
        check("Merge commit '0123abc'", Some(""));
        check("Merge commit '0123abc' into main", Some(""));
        check("Merge commits 'a', 'b' and 'c'", Some(""));
        check("Merge branch 'x', tag 'y'", Some("x"));
        check("Merge branches 'x' and 'z', remote-tracking branch 'origin/y', tag 'v1' into main", Some("x"));
        check("Merge tag 'y'; branch 'z' of https://example.com/shop", Some("z"));
        check("Merge branch 'x' of /srv/a; branches 'y' and 'z' of /srv/b into main", Some("x"));
        check("Merge HEAD, branch 'x' of https://example.com/shop", Some("x"));
        check("Merge https://example.com/shop", Some(""));
        check("Merge git@github.com:acme/shop into main", Some(""));
        check("Merge ../shop into main", Some(""));
        // GitHub.
        check("Merge pull request #7 from acme/hotfix/login\n\nFix login", Some("hotfix/login"));
        // GitLab.
        check("Merge branch 'hotfix/login' into 'main'\n\nFix\n\nSee merge request !4", Some("hotfix/login"));
        // Bitbucket.
        check("Merged in hotfix/login (pull request #12)\n\nFix login", Some("hotfix/login"));
        check("Merge pull request #7 in PROJ/repo from hotfix/login to main", Some("hotfix/login"));
        check("Merge pull request #7 in ~JANE/repo from x to y", Some("x"));
        check(
            "Pull request #7: Fix login\n\nMerge in PROJ/repo from hotfix/login to main\n\n* Fix",
            Some("hotfix/login"),
        );
    }

    #[test]
    fn what_only_looks_like_a_merge() {
        fn check(message: &str) {
            assert!(!is_merge(message), "{message:?}");
            assert_eq!(merged_branch(message), None, "{message:?}");
        }
        check("");
        check("\n\n");
        check("Merge");
        check("Merge ");
        check("Merge branch");
        check("Merge branch handling rewritten");
        check("Merge branch x");
        check("Merge branch x into y");
        check("Merge branch \"x\"");
        check("Merge branch `x`");
        check("Merge branch ‘x’");
        check("Merge branch '");
        check("Merge branch ''");
        check("Merge branch 'x");
        check("Merge branch 'x y'");
        check("Merge branch 'x'y");
        check("Merge branch 'x' handling");
        check("Merge branch 'x'.");
        check("Merge branch 'x' of");
        check("Merge branch 'x' of the release");
        check("Merge branch 'x' of production");
        check("Merge branch 'x' into");
        check("Merge branch 'x' into ");
        check("Merge branch 'x' into 'y");
        check("Merge branch 'x' into the release");
        check("Merge branch 'x' into y again");
        check("Merge branch 'x', handling");
        check("Merge branch 'x'; handling");
        check("Merge branch 'x', ");
        check("Merge branches 'x'");
        check("Merge branches 'x', 'y'");
        check("Merge branches 'x' and y");
        check("Merge branches of the family");
        check("Merge tag handling");
        check("Merge commit messages");
        check("Merge remote-tracking branch handling");
        check("Merge HEADs");
        check("Merge a/b testing");
        check("Merge and/or");
        check("Merge this:that");
        check("merge branch 'x'");
        check("Add text\n\nMerge branch 'x'");
        check("Revert \"Merge branch 'x'\"");
        check("Merge branch 'x' (#7)");
        check("Merge branch 'x' into y (#7)");
        check("Merge pull request templates");
        check("Merge pull request");
        check("Merge pull request #7");
        check("Merge pull request #7 from");
        check("Merge pull request #7 from acme");
        check("Merge pull request #7 from acme/");
        check("Merge pull request #7 from /x");
        check("Merge pull request #x from acme/x");
        check("Merge pull request # from acme/x");
        check("Merge pull request #7 from acme/x again");
        check("Merge pull request #7 from acme/x (#8)");
        check("Merge pull request #7 in PROJ/repo from x");
        check("Merge pull request #7 in repo from x to y");
        check("Merge pull request #7 in PROJ/repo from x to y and z");
        check("Merged in time for the release");
        check("Merged in x");
        check("Merged in x (#1)");
        check("Merged in x (pull request #1");
        check("Merged in x (pull request 1)");
        check("Merged in x (pull request #1) again");
        check("Merged in the shop (pull request #1)");
        check("Pull request #7: Fix login");
        check("Pull request #7: Fix login\n\nSquashed commit of the following:");
        check("Pull request #7: Fix login\n\nMerge in PROJ/repo from x to y in time");
        check("Pull request #7: Fix login\n\nText\n\nMerge in PROJ/repo from x to y");
        check("Pull request: Fix login\n\nMerge in PROJ/repo from x to y");
        check("Merge in PROJ/repo from x to y");
        check("Fix login (#7)");
        check(&format!("Merge branch '{}", "x, ".repeat(100_000)));
        check(&format!("Merge branch 'x'{}", ", branch 'x'".repeat(100_000) + "!"));
    }

    #[test]
    fn messages_of_pull_requests() {
        fn check(message: &str, expected: bool) {
            assert_eq!(is_of_pull_request(message), expected, "{message:?}");
        }
        check("Fix login (#7)", true);
        check("Fix login (#7)\n\n* Try\n* Do", true);
        check("Revert \"Fix login (#7)\" (#8)", true);
        check("Merge pull request #7 from acme/fix\n\nFix login", true);
        check("Revert \"Fix login (#7)\"", false);
        check("Fix login (#x)", false);
        check("Fix login (#)", false);
        check("Fix login\n\nIt was broken (#7)", false);
        check("Merge branch 'fix'", false);
        check("(", false);
        check("", false);
    }
}
