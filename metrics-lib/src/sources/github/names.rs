//! The names of repositories, which change.

use super::repository::{Repository, is_repository};
use crate::repository::GitName;
use serde::Deserialize;

/// A repository's name and GitHub's id of it, as a delivery has them; and the name that it had before, if the delivery
/// tells that it was renamed or moved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RepositoryNames {
    /// GitHub's id.
    pub id: u64,
    /// The names, `owner/name`, the former one first.
    pub names: Vec<GitName>,
}

/// All that every event has.
#[derive(Deserialize)]
pub(super) struct NamedPayload {
    pub(super) repository: Repository,
    pub(super) changes: Option<RepositoryChanges>,
}

/// Source: GitHub documentation, event `repository`, actions `renamed` and `transferred`.
#[derive(Deserialize)]
pub(super) struct RepositoryChanges {
    repository: Option<NameChange>,
    owner: Option<OwnerChange>,
}

#[derive(Deserialize)]
struct NameChange {
    name: Option<From>,
}

#[derive(Deserialize)]
struct From {
    from: String,
}

#[derive(Deserialize)]
struct OwnerChange {
    from: Option<FormerOwner>,
}

#[derive(Deserialize)]
struct FormerOwner {
    user: Option<Login>,
    organization: Option<Login>,
}

#[derive(Deserialize)]
struct Login {
    login: String,
}

/// The names of a repository, and what it was called before it changed.
pub(super) fn names(repository: &Repository, changes: Option<RepositoryChanges>) -> Option<RepositoryNames> {
    let id = repository.id?;
    let name = repository.name()?;
    let (owner, own) = name.split_once('/')?;
    let former = changes.and_then(|changes| {
        let former_name = changes.repository.and_then(|change| Some(change.name?.from));
        let former_owner = changes.owner.and_then(|change| {
            let from = change.from?;
            Some(from.user.or(from.organization)?.login)
        });
        match (former_owner, former_name) {
            (None, None) => None,
            (former_owner, former_name) => {
                let (owner, own) =
                    (former_owner.as_deref().unwrap_or(owner), former_name.as_deref().unwrap_or(own));
                Some(format!("{owner}/{own}")).filter(|name| is_repository(name))
            }
        }
    });
    Some(RepositoryNames {
        id,
        names: former.into_iter().chain([name.to_owned()]).map(GitName::new).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::super::{
        Marks, read,
        tests::{changed, now},
    };
    use super::*;
    use serde_json::{Value, json};

    #[test]
    fn names_of_repositories() {
        fn check(event: &str, payload: &Value, expected: Option<(u64, &[&str])>) {
            let found = read(event, payload.to_string().as_bytes(), now(), &Marks::default());
            let found = found.unwrap().names;
            let names = |names: &[&str]| names.iter().map(|name| GitName::new(*name)).collect();
            assert_eq!(
                found,
                expected.map(|(id, all)| RepositoryNames { id, names: names(all) }),
                "{payload}"
            );
        }
        let repository = json!({"id": 7, "full_name": "acme/store"});
        let pushed = |repository: Value| changed("/repository", repository);
        check("push", &pushed(repository.clone()), Some((7, &["acme/store"])));
        check("push", &pushed(json!({"full_name": "acme/store"})), None);
        check("watch", &json!({"repository": repository}), Some((7, &["acme/store"])));
        check("watch", &json!({"repository": {"id": 7, "full_name": "a'b"}}), None);
        check("watch", &json!({"repository": 7}), None);
        let changes = json!({"repository": {"name": {"from": "shop"}}});
        let renamed = json!({"action": "renamed", "repository": repository, "changes": changes});
        check("repository", &renamed, Some((7, &["acme/shop", "acme/store"])));
        let changes = json!({"owner": {"from": {"user": {"login": "person"}}}});
        let moved = json!({"action": "transferred", "repository": repository, "changes": changes});
        check("repository", &moved, Some((7, &["person/store", "acme/store"])));
        check("repository", &json!({"repository": repository, "changes": {}}), Some((7, &["acme/store"])));
    }
}
