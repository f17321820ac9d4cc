//! The one store of what repositories are called: each is shown by one name, whatever the case and whatever it was called
//! before.
//!
//! Names of Git hosts are the same whatever their case. GitHub's id of a repository outlives its names, so a repository
//! that was renamed or moved keeps the name that it is shown by. Names of CodeCommit, ECR and S3 are exact.

use crate::{
    ledger::{Ledger, NamedRepository},
    runtime::error::Error,
};
use jiff::{SignedDuration, Timestamp};
use metrics_lib::{
    event::SourceKind,
    repository::{GitName, Spellings},
};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    ops::Range,
    sync::{Mutex, PoisonError},
};

/// How long a name that was looked up is believed: a delivery may tell GitHub's id at any moment.
const BELIEVED: SignedDuration = SignedDuration::from_secs(60);
/// The same, where GitHub's id is known: only another repository that takes the name changes anything then.
const BELIEVED_WITH_ID: SignedDuration = SignedDuration::from_mins(15);

/// What repositories are called.
#[derive(Debug, Default)]
pub struct Repositories {
    /// The names as the configuration has them.
    spellings: Spellings,
    /// The names of today, by those of before, as the configuration has them.
    aliases: BTreeMap<GitName, String>,
    /// What was looked up last for each name.
    looked_up: Mutex<HashMap<GitName, LookedUp>>,
}

/// The repository that had a name, as it was looked up.
#[derive(Clone, Debug)]
struct LookedUp {
    at: Timestamp,
    /// When the name was this repository's, and no other's.
    times: Range<Timestamp>,
    identity: Identity,
}

impl LookedUp {
    fn is_believed(&self, time: Timestamp, now: Timestamp) -> bool {
        let believed = if self.identity.id.is_some() { BELIEVED_WITH_ID } else { BELIEVED };
        self.times.contains(&time) && now.duration_since(self.at).abs() < believed
    }
}

/// A repository of a Git host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The name that is shown.
    pub shown: String,
    /// The names that it has had.
    pub names: BTreeSet<GitName>,
    /// GitHub's id, if a delivery told it.
    pub id: Option<u64>,
}

impl Repositories {
    /// Repositories whose names the configuration spells, the first spelling of each, and what they were called before.
    pub fn new<T: AsRef<str>>(
        configured: impl IntoIterator<Item = T>,
        aliases: BTreeMap<GitName, String>,
    ) -> Self {
        Self { spellings: configured.into_iter().collect(), aliases, looked_up: Mutex::default() }
    }

    /// The name that a repository is shown by, as an execution of an instant names it. One that is new is remembered.
    ///
    /// # Errors
    /// [`Error::Aws`], [`Error::Ledger`].
    pub async fn shown(
        &self,
        ledger: &Ledger,
        kind: SourceKind,
        (name, time): (&str, Timestamp),
        now: Timestamp,
    ) -> Result<String, Error> {
        match kind {
            SourceKind::Git => self.identity(ledger, (name, time), now).await.map(|identity| identity.shown),
            SourceKind::CodeCommit | SourceKind::Ecr | SourceKind::S3 => Ok(name.to_owned()),
        }
    }

    /// The repository of a Git host that had a name at an instant. One that is new is remembered.
    ///
    /// # Errors
    /// [`Error::Aws`], [`Error::Ledger`].
    pub async fn identity(
        &self,
        ledger: &Ledger,
        (name, time): (&str, Timestamp),
        now: Timestamp,
    ) -> Result<Identity, Error> {
        let name = GitName::new(name);
        let looked_up = || self.looked_up.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = looked_up().get(&name).filter(|known| known.is_believed(time, now)) {
            return Ok(known.identity.clone());
        }
        let (identity, times) = self.look_up(ledger, &name, time).await?;
        looked_up().insert(name, LookedUp { at: now, times, identity: identity.clone() });
        Ok(identity)
    }

    /// The repository that had a name at an instant, and when the name was its own.
    async fn look_up(
        &self,
        ledger: &Ledger,
        name: &GitName,
        time: Timestamp,
    ) -> Result<(Identity, Range<Timestamp>), Error> {
        let aliases = &self.aliases;
        let today = GitName::new(aliases.get(name).map_or(name.as_str(), String::as_str));
        let mut known = ledger.repositories_named(&today).await?;
        if known.is_empty() {
            ledger.remember_repository(&today, None, time).await?;
            known = ledger.repositories_named(&today).await?;
        }
        // A name that was given up may be taken by another repository: it is the one that had it then.
        known.sort_by_key(|named| named.since);
        let (before, after): (Vec<_>, Vec<_>) = known
            .iter()
            .filter_map(|named| Some((named.since, named.id?)))
            .partition(|(since, _)| *since <= time);
        let (id, times) = match (before.as_slice(), after.as_slice()) {
            ([], []) => (None, Timestamp::MIN..Timestamp::MAX),
            // It had the name before a delivery told so.
            ([], [(_, id), rest @ ..]) | ([(_, id)], rest) => (Some(*id), Timestamp::MIN..first(rest)),
            ([.., (since, id)], rest) => (Some(*id), *since..first(rest)),
        };
        let mut names: Vec<NamedRepository> = known.into_iter().filter(|named| named.id.is_none()).collect();
        let mut given_up = BTreeSet::new();
        if let Some(id) = id {
            let own = ledger.repositories_with_id(id).await?;
            let was_renamed = own.len() > 1;
            for named in own {
                // A name that was given up is another repository's row since that took it.
                match was_renamed && is_taken(&named, &ledger.repositories_named(&named.name).await?) {
                    true => drop(given_up.insert(named.name)),
                    false => names.push(named),
                }
            }
        }
        names.retain(|named| !given_up.contains(&named.name));
        let own = names.iter().map(|named| &named.name);
        let mut all: BTreeSet<GitName> = own.chain([&today]).cloned().collect();
        let former = aliases.iter().filter(|(_, name)| all.contains(&name.as_str().into()));
        let former: Vec<GitName> = former.map(|(former, _)| former.clone()).collect();
        all.extend(former);
        let was_given_up = given_up.contains(&today);
        all.extend(given_up);
        let present = names.last().filter(|_| was_given_up).map_or(&today, |named| &named.name);
        let shown = self.shown_among(&names, present);
        Ok((Identity { shown, names: all, id }, times))
    }

    /// The name that a repository is shown by, of all that are known.
    pub fn shown_of(&self, all: &[NamedRepository], named: &NamedRepository) -> String {
        let today = self.aliases.get(&named.name).map_or(named.name.as_str(), String::as_str).into();
        let same_name = |other: &&NamedRepository| other.name == today;
        let id = named.id.or_else(|| all.iter().filter(same_name).find_map(|other| other.id));
        let same = |other: &&NamedRepository| same_name(other) || (id.is_some() && other.id == id);
        let names = all.iter().filter(same).filter(|named| !is_taken(named, all));
        let names: Vec<NamedRepository> = names.cloned().collect();
        self.shown_among(&names, &today)
    }

    /// The name that is shown, of those that a repository has had: the configuration's, else the one first seen.
    fn shown_among(&self, names: &[NamedRepository], today: &GitName) -> String {
        let texts = names.iter().map(|named| &named.name).chain([today]).map(GitName::as_str);
        let configured = texts.filter_map(|name| self.spellings.known(name)).min();
        let first_seen = names.iter().min_by_key(|named| (named.since, &named.name));
        configured.unwrap_or_else(|| first_seen.map_or(today, |named| &named.name).as_str()).to_owned()
    }
}

/// When the first of some took a name.
fn first(taken: &[(Timestamp, u64)]) -> Timestamp {
    taken.first().map_or(Timestamp::MAX, |(since, _)| *since)
}

/// Whether another repository took a name after one had it.
fn is_taken(named: &NamedRepository, others: &[NamedRepository]) -> bool {
    let Some(id) = named.id else { return false };
    others.iter().any(|other| {
        other.id.is_some_and(|other| other != id) && other.since > named.since && other.name == named.name
    })
}
