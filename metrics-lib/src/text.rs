//! What commit messages, branch names and incident texts say: `OpsItem` ids, merged branches, whole words.

use crate::event::OpsItemId;

/// The ids of the `OpsItem`s that a text names, in any case, in order of appearance.
///
/// An id stands for itself, not in a longer word: no letter, digit or `_` may adjoin it. A `-` or `/` may, because
/// branches are called `hotfix/oi-0123456789ab-fix-login`.
pub fn ops_item_ids(text: &str) -> impl Iterator<Item = OpsItemId> + '_ {
    const LENGTH: usize = "oi-0123456789ab".len();
    text.char_indices().filter_map(|(start, _)| {
        let id = text.get(start..start + LENGTH)?.parse().ok()?;
        is_delimited(text, start, start + LENGTH, is_word).then_some(id)
    })
}

/// Whether a text contains a name as a whole word: one not adjoined by a letter, digit, `_`, `-` or `/`.
///
/// So `acme/shop` does not name the pipeline `shop`, nor `shop-api` the pipeline `api`.
pub fn names(text: &str, name: &str) -> bool {
    !name.is_empty()
        // Matches may overlap: `a.a` stands twice in `-a.a.a`, the second time as a whole word.
        && text.char_indices().filter(|&(start, _)| text[start..].starts_with(name)).any(|(start, _)| {
            is_delimited(text, start, start + name.len(), |char| is_word(char) || char == '-' || char == '/')
        })
}

/// The branch that a merge commit's message says it merged; none for any other message.
///
/// Knows the messages that Git (`Merge branch 'x' into y`, `Merge remote-tracking branch 'origin/x'`), GitHub (`Merge
/// pull request #1 from owner/x`), GitLab (`Merge branch 'x' into 'y'`) and Bitbucket (`Merged in x (pull request
/// #1)`) write.
pub fn merged_branch(message: &str) -> Option<&str> {
    let subject = message.trim_start().lines().next()?.trim();
    let quoted = |text: &'_ str| -> Option<(usize, usize)> {
        let start = text.find('\'')? + 1;
        Some((start, start + text[start..].find('\'')?))
    };
    if let Some(rest) = subject.strip_prefix("Merge pull request #") {
        let (_, head) = rest.split_once(" from ")?;
        let (_owner, branch) = head.split_whitespace().next()?.split_once('/')?;
        return Some(branch);
    }
    if let Some(rest) = subject.strip_prefix("Merge remote-tracking branch ") {
        let (start, end) = quoted(rest)?;
        let (_remote, branch) = rest[start..end].split_once('/')?;
        return Some(branch);
    }
    if let Some(rest) = subject.strip_prefix("Merge branch ") {
        let (start, end) = quoted(rest)?;
        return Some(&rest[start..end]);
    }
    subject.strip_prefix("Merged in ")?.split_whitespace().next()
}

/// Whether a commit's message says that the commit merges something.
pub fn is_merge(message: &str) -> bool {
    const BEGINNINGS: [&str; 7] = [
        "Merge branch ",
        "Merge branches ",
        "Merge remote-tracking branch ",
        "Merge pull request #",
        "Merge tag ",
        "Merge commit ",
        "Merged in ",
    ];
    BEGINNINGS.iter().any(|beginning| message.starts_with(beginning))
}

/// Whether a commit's message is as GitHub writes it when it merges a pull request: `Merge pull request #7 from owner/x`,
/// or a title that ends with `(#7)`.
pub fn is_of_pull_request(message: &str) -> bool {
    let subject = message.lines().next().unwrap_or_default().trim_end();
    let number = match subject.strip_prefix("Merge pull request #") {
        Some(rest) => rest.split(' ').next(),
        None => subject.strip_suffix(')').and_then(|rest| rest.rsplit_once("(#")).map(|(_, number)| number),
    };
    number.is_some_and(|number| !number.is_empty() && number.bytes().all(|digit| digit.is_ascii_digit()))
}

fn is_word(char: char) -> bool {
    char.is_alphanumeric() || char == '_'
}

/// Whether neither neighbour of `text[start..end]` belongs to its word.
fn is_delimited(text: &str, start: usize, end: usize, belongs: impl Fn(char) -> bool) -> bool {
    let before = text[..start].chars().next_back();
    let after = text[end..].chars().next();
    !before.is_some_and(&belongs) && !after.is_some_and(&belongs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ops_item_ids_stand_for_themselves() {
        fn check(text: &str, expected: &[&str]) {
            let found: Vec<_> = ops_item_ids(text).map(String::from).collect();
            assert_eq!(found, expected, "{text:?}");
        }
        check("", &[]);
        check("oi-0123456789ab", &["oi-0123456789ab"]);
        check("hotfix/oi-0123456789ab-fix-login", &["oi-0123456789ab"]);
        check("Fix login (OI-0123456789AB)", &["oi-0123456789ab"]);
        check("oi-0123456789ab, oi-ba9876543210.", &["oi-0123456789ab", "oi-ba9876543210"]);
        check("Merge pull request #7 from acme/hotfix/oi-0123456789ab", &["oi-0123456789ab"]);
        check("oi-0123456789abc", &[]);
        check("oi-0123456789a", &[]);
        check("xoi-0123456789ab", &[]);
        check("_oi-0123456789ab", &[]);
        check("oi-0123456789ab_", &[]);
        check("oi-0123456789ag", &[]);
        check("ünïcode öi-0123456789ab oi-0123456789abé", &[]);
        check("é oi-0123456789ab é", &["oi-0123456789ab"]);
    }

    #[test]
    fn names_are_whole_words() {
        fn check(text: &str, name: &str, expected: bool) {
            assert_eq!(names(text, name), expected, "{name:?} in {text:?}");
        }
        check("acme/shop is down", "acme/shop", true);
        check("down: acme/shop.", "acme/shop", true);
        check("(acme/shop)", "acme/shop", true);
        check("acme/shop is down", "shop", false);
        check("acme/shop-api is down", "acme/shop", false);
        check("my-acme/shop", "acme/shop", false);
        check("acme/shop_2", "acme/shop", false);
        check("acme/shop/tree", "acme/shop", false);
        check("acme/shops and acme/shop", "acme/shop", true);
        check("éacme/shop", "acme/shop", false);
        check("Acme/Shop is down", "acme/shop", false);
        check("shop-main failed", "shop-main", true);
        check("-a.a.a", "a.a", true);
        check("anything", "", false);
    }

    #[test]
    fn merged_branches() {
        fn check(message: &str, expected: Option<&str>) {
            assert_eq!(merged_branch(message), expected, "{message:?}");
        }
        check("Merge pull request #7 from acme/hotfix/login\n\nFix login", Some("hotfix/login"));
        check("Merge branch 'hotfix/login'", Some("hotfix/login"));
        check("Merge branch 'hotfix/login' into main", Some("hotfix/login"));
        check("Merge branch 'hotfix/login' into 'main'\n\nFix\n\nSee merge request !4", Some("hotfix/login"));
        check("Merge branch 'hotfix/login' of github.com:acme/shop", Some("hotfix/login"));
        check("Merge remote-tracking branch 'origin/hotfix/login'", Some("hotfix/login"));
        check("Merged in hotfix/login (pull request #12)", Some("hotfix/login"));
        check("Fix login (#7)", None);
        check("Merge pull request", None);
        check("Merge branch '", None);
        check("", None);
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
