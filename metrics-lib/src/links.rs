//! Where people see for themselves: addresses in AWS's consoles and at GitHub.
//!
//! Sources: AWS General Reference, "Region and zone codes" and the consoles' own addresses; GitHub Docs, "Viewing commits",
//! "Searching issues and pull requests" (by the SHA of a commit).

use crate::identity::{DeploymentKey, IncidentKey};
use std::fmt::Write;

/// The partitions whose consoles have an address for each region: what the names of their regions begin with, and the
/// console's domain.
const CONSOLES: [(&str, &str); 3] = [
    ("cn-", "console.amazonaws.cn"),
    ("us-gov-", "console.amazonaws-us-gov.com"),
    ("", "console.aws.amazon.com"),
];
/// Partitions whose consoles' addresses AWS does not publish.
const UNPUBLISHED: [&str; 3] = ["us-iso", "eu-isoe-", "eusc-"];

/// The deployment in the console of its region; none of another source than CodePipeline.
pub fn deployment(key: &DeploymentKey) -> Option<String> {
    let DeploymentKey::Execution(key) = key else { return None };
    let (pipeline, execution) = (segment(&key.pipeline), segment(&key.execution_id));
    let path = format!("codesuite/codepipeline/pipelines/{pipeline}/executions/{execution}/timeline");
    console(&key.place.region, &path)
}

/// The incident in the console of its region; none of another source than OpsCenter.
pub fn incident(key: &IncidentKey) -> Option<String> {
    let IncidentKey::OpsItem(key) = key else { return None };
    console(&key.place.region, &format!("systems-manager/opsitems/{}", segment(&key.ops_item_id.to_string())))
}

/// A commit of a repository at GitHub, `owner/name`; none of a name that GitHub can't have.
pub fn commit(repository: &str, sha: &str) -> Option<String> {
    Some(format!("{}/commit/{}", git_hub(repository)?, sha_of(sha)?))
}

/// The pull requests of a repository at GitHub that have a commit.
pub fn pull_requests(repository: &str, sha: &str) -> Option<String> {
    Some(format!("{}/pulls?q=is%3Apr+{}", git_hub(repository)?, sha_of(sha)?))
}

fn console(region: &str, path: &str) -> Option<String> {
    if UNPUBLISHED.iter().any(|start| region.starts_with(start)) {
        return None;
    }
    let (_, domain) = CONSOLES.into_iter().find(|(start, _)| region.starts_with(start))?;
    let region = segment(region);
    Some(format!("https://{region}.{domain}/{path}?region={region}"))
}

/// The address of a repository at GitHub, whose owners and names have ASCII letters, digits, `-`, `_` and `.` only.
fn git_hub(repository: &str) -> Option<String> {
    let (owner, name) = repository.split_once('/')?;
    let is_name = |name: &str| {
        !name.is_empty()
            && name.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
            && name != ".."
    };
    (is_name(owner) && is_name(name)).then(|| format!("https://github.com/{owner}/{name}"))
}

fn sha_of(sha: &str) -> Option<&str> {
    (sha.len() >= 7 && sha.chars().all(|digit| digit.is_ascii_hexdigit())).then_some(sha)
}

/// A text as a segment of a path: whatever is not plain is encoded. Source: RFC 3986, section 2.3.
fn segment(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                encoded.push(char::from(byte));
            }
            // Writing to a String does not fail.
            _ => drop(write!(encoded, "%{byte:02X}")),
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deployments() {
        fn check(key: &str, expected: Option<&str>) {
            assert_eq!(deployment(&key.parse().unwrap()).as_deref(), expected, "{key}");
        }
        check(
            "111111111111/eu-west-1/shop/e1",
            Some(
                "https://eu-west-1.console.aws.amazon.com/codesuite/codepipeline/pipelines/shop/executions/e1/timeline\
                 ?region=eu-west-1",
            ),
        );
        check(
            "111111111111/us-gov-west-1/a@b/e1",
            Some(
                "https://us-gov-west-1.console.amazonaws-us-gov.com/codesuite/codepipeline/pipelines/a%40b/executions/e1/\
                 timeline?region=us-gov-west-1",
            ),
        );
        check(
            "111111111111/cn-north-1/shop/e1",
            Some(
                "https://cn-north-1.console.amazonaws.cn/codesuite/codepipeline/pipelines/shop/executions/e1/timeline\
                 ?region=cn-north-1",
            ),
        );
        check("111111111111/us-iso-east-1/shop/e1", None);
        check("ecs:111111111111/eu-west-1/cluster/service/e1", None);
    }

    #[test]
    fn incidents() {
        let found = incident(&"111111111111/eu-west-1/oi-0123456789ab".parse().unwrap());
        let expected = "https://eu-west-1.console.aws.amazon.com/systems-manager/opsitems/oi-0123456789ab?region=eu-west-1";
        assert_eq!(found.as_deref(), Some(expected));
        assert_eq!(incident(&"pager:111111111111/eu-west-1/P1".parse().unwrap()), None);
    }

    #[test]
    fn commits() {
        fn check(repository: &str, sha: &str, expected: Option<&str>) {
            assert_eq!(commit(repository, sha).as_deref(), expected, "{repository} {sha}");
        }
        check("acme/shop", "c0ffee1", Some("https://github.com/acme/shop/commit/c0ffee1"));
        check("acme/shop", "javascript:alert(1)", None);
        check("acme/shop", "", None);
        check("acme/../x", "c0ffee1", None);
        check("acme/<b>", "c0ffee1", None);
        check("shop", "c0ffee1", None);
        assert_eq!(
            pull_requests("acme/shop", "c0ffee1").as_deref(),
            Some("https://github.com/acme/shop/pulls?q=is%3Apr+c0ffee1")
        );
    }
}
