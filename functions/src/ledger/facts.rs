//! Facts: what the ledger keeps of them, and who has told them.

use super::{
    Ledger,
    identity::{deployment_partition, deployment_sort, incident_partition, incident_sort},
    item::Item,
    update::Updated,
};
use crate::runtime::error::Error;
use metrics_lib::{
    contract::ledger::{PARTITION_KEY, SORT_KEY},
    event::{LiveDeployment, SourceKind},
    fact::{Fact, FactId, FactKind, FactState},
    identity::{DeploymentKey, IncidentKey},
    parts,
    rules::ProductionRule,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Instant,
};

/// How many commits of a change the ledger names: each kilobyte is paid for.
const MOST_COMMITS: usize = 50;
/// The attribute with the commits, a line each.
pub(super) const COMMITS: &str = "commits";
/// The attribute with the parts of a lead time, see [`parts::to_text`].
pub(super) const PARTS: &str = "parts";
/// The attribute with the kind of a deployment's source.
const SOURCE_KIND: &str = "sourceKind";
/// The attribute with the incidents that a deployment references, with a space between them.
const REFERENCES: &str = "references";
/// The attribute with the branch that was deployed.
const BRANCH: &str = "branch";

/// Who published a fact before, or decided an incident.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DoneBy {
    /// The same message, in an earlier try.
    SameMessage,
    /// Another message: one of the two is a duplicate.
    AnotherMessage,
    /// Somebody, and this is the first message with such an event: it is late, or the other event of an execution that has
    /// two, but not a duplicate.
    AnotherEvent,
}

/// A fact that is done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Done {
    /// The settings that it was decided by, if they were noted.
    pub rule: Option<String>,
    /// The repository, if it is of one.
    pub repository: Option<String>,
}

impl Done {
    pub(super) fn of(item: &Item) -> Self {
        let text = |name: &str| item.get(name).map(str::to_owned);
        Self { rule: text("rule"), repository: text("repository") }
    }

    /// Whether it was decided by the settings as they are.
    pub(super) fn is_by(&self, rule: &ProductionRule, key: &DeploymentKey) -> bool {
        let fingerprint = rule.fingerprint_of(key, self.repository.as_deref());
        self.rule.as_ref() == Some(&fingerprint)
    }
}

/// The facts of a deployment, or of what may be one, that are known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KnownFacts {
    /// Those that are published, or known to be unpublishable or incomplete.
    pub done: BTreeMap<FactKind, Done>,
    /// Those that are not decided yet, or being published.
    pub open: BTreeSet<FactKind>,
    /// The deployment that it is, if that is done.
    deployment: Option<LiveDeployment>,
    /// Whether the deployment references incidents, which it may have restored.
    references: bool,
}

impl KnownFacts {
    /// The repository that was deployed, if it is known that one was.
    pub fn deployed(&self) -> Option<&str> {
        self.done.get(&FactKind::Deployment)?.repository.as_deref()
    }

    /// The deployment, by the settings as they are. What was deployed stays so, whatever becomes of the
    /// rest of the execution.
    pub fn live(&self, rule: &ProductionRule, key: &DeploymentKey) -> Option<&LiveDeployment> {
        let is_by =
            self.done.get(&FactKind::Deployment).is_some_and(|deployment| deployment.is_by(rule, key));
        self.deployment.as_ref().filter(|_| is_by)
    }

    /// Whether it is a deployment of which nothing is left to be found: by the settings as they are, without incidents that it may
    /// have restored, and with a lead time that is known, or noted as pending, if there is to be one.
    pub fn is_complete(&self, rule: &ProductionRule, key: &DeploymentKey, lead_time: bool) -> bool {
        self.live(rule, key).is_some() && !self.references && (!lead_time || self.knows(FactKind::LeadTime))
    }

    /// Whether a fact of a kind is done, or noted.
    pub fn knows(&self, kind: FactKind) -> bool {
        self.done.contains_key(&kind) || self.open.contains(&kind)
    }

    /// Whether it is ignored, by the settings as they are.
    pub fn is_ignored(&self, rule: &ProductionRule, key: &DeploymentKey) -> bool {
        self.done.get(&FactKind::Ignored).is_some_and(|ignored| ignored.is_by(rule, key))
    }
}

/// Who claims facts: one try of one message.
#[derive(Clone, Copy, Debug)]
pub struct Owner<'a> {
    /// The id of the event, or of its message where it has none. Tries of one event are no duplicates of each other,
    /// whichever message holds it.
    pub message: &'a str,
    /// What the event tells, without what it is about: only another event that tells the same is a duplicate.
    pub told: &'a str,
    /// The id of the invocation.
    pub invocation: &'a str,
    /// When the invocation ends.
    pub deadline: Instant,
}

impl Owner<'_> {
    /// What takes the place of a message's id where the reconciler does what no message has led to.
    pub const RECONCILER: &'static str = "reconciler";

    /// What the reconciler tells when it settles what was known to be pending.
    pub const SETTLED: &'static str = "settled";

    /// Whether this is the reconciler, and what it publishes may be news.
    pub fn finds(&self) -> bool {
        self.is_reconciler() && self.told != Self::SETTLED
    }

    /// Whether this is the reconciler.
    pub fn is_reconciler(&self) -> bool {
        self.message == Self::RECONCILER
    }
}

impl Ledger {
    /// Who did what an item says, as seen by a message. The first message of each kind of event makes that its own, so that
    /// the next one is known to be a duplicate.
    pub(super) async fn done_by(
        &self,
        partition: &str,
        sort: &str,
        old: &Item,
        owner: Owner<'_>,
    ) -> Result<DoneBy, Error> {
        let told_by = told_by(owner);
        match old.get(&told_by) {
            _ if owner.is_reconciler() => Ok(DoneBy::AnotherEvent),
            Some(message) if message == owner.message => Ok(DoneBy::SameMessage),
            Some(_) => Ok(DoneBy::AnotherMessage),
            None => {
                let update = self
                    .set(partition, sort, Item::default().text(told_by.clone(), owner.message))
                    .only_if("attribute_not_exists(#told)")
                    .with_name("#told", told_by);
                let first = update.made().await?;
                Ok(if first { DoneBy::AnotherEvent } else { DoneBy::AnotherMessage })
            }
        }
    }

    /// Notes that an event tells of a deployment, if that is known to be one; returns who told it before,
    /// and of a duplicate the repository. None, if nothing has counted it yet.
    ///
    /// # Errors
    /// [`Error::Aws`].
    pub async fn note_told(
        &self,
        key: &DeploymentKey,
        owner: Owner<'_>,
    ) -> Result<Option<(DoneBy, Option<String>)>, Error> {
        let partition = deployment_partition(key);
        let sort = deployment_sort(FactKind::Deployment.name(), key);
        let told_by = told_by(owner);
        let mut update = self
            .set(&partition, &sort, Item::default().text(told_by.clone(), owner.message))
            .only_if("#state IN (:closed0, :closed1, :closed2, :closed3) AND attribute_not_exists(#told)")
            .with_name("#state", "state")
            .with_name("#told", &told_by);
        for (number, state) in FactState::CLOSED.into_iter().enumerate() {
            update = update.with_text(format!(":closed{number}"), state.name());
        }
        let Updated::No(item) = update.send().await? else { return Ok(Some((DoneBy::AnotherEvent, None))) };
        Ok(match item.get(&told_by) {
            _ if !is_done(&item) => None,
            Some(message) if message == owner.message => Some((DoneBy::SameMessage, None)),
            _ => Some((DoneBy::AnotherMessage, item.get("repository").map(str::to_owned))),
        })
    }

    /// The facts of a deployment, or of what may be one, that are known.
    ///
    /// # Errors
    /// [`Error::Aws`], [`Error::Ledger`].
    pub async fn known_of(&self, key: &DeploymentKey) -> Result<KnownFacts, Error> {
        let items = self.query(&deployment_partition(key), "").await?;
        let mut known = KnownFacts::default();
        for kind in FactKind::ALL {
            let sort = deployment_sort(kind.name(), key);
            let Some(item) = items.iter().find(|item| item.get(SORT_KEY) == Some(&sort)) else { continue };
            if is_done(item) {
                known.done.insert(kind, Done::of(item));
                if kind == FactKind::Deployment {
                    known.deployment = live(item)?;
                    known.references = item.get(REFERENCES).is_some();
                }
            } else {
                known.open.insert(kind);
            }
        }
        Ok(known)
    }

    /// Notes the settings by which a fact was decided again.
    ///
    /// # Errors
    /// [`Error::Aws`].
    pub async fn note_rule(&self, fact: &Fact) -> Result<(), Error> {
        let (item, Some(rule)) = (fact_item(fact), &fact.rule) else { return Ok(()) };
        let (partition, sort) = (item.required(PARTITION_KEY)?, item.required(SORT_KEY)?);
        let attributes = Item::default().text("rule", rule).text("evidence", &fact.evidence);
        self.set(partition, sort, attributes).send().await.map(drop)
    }

    /// Whether the restore of an incident is done.
    ///
    /// # Errors
    /// [`Error::Aws`].
    pub async fn is_restored(&self, key: &IncidentKey) -> Result<bool, Error> {
        let sort = incident_sort(FactKind::Restore.name(), key);
        let items = self.query(&incident_partition(&key.id()), &sort).await?;
        Ok(items.iter().any(|item| item.get(SORT_KEY) == Some(&sort) && is_done(item)))
    }

    /// Records a fact that can't be decided yet, unless it is known; whether it is new.
    ///
    /// # Errors
    /// [`Error::Aws`].
    pub async fn note_pending(&self, fact: &Fact) -> Result<bool, Error> {
        let item = fact_item(fact).text("state", FactState::Pending.name()).expires(fact.time);
        self.put_new(item).await
    }

    /// Records or corrects a restore that can't be decided yet.
    ///
    /// # Errors
    /// [`Error::Aws`].
    pub async fn note_restore(&self, fact: &Fact) -> Result<(), Error> {
        if self.note_pending(fact).await? {
            return Ok(());
        }
        let item = fact_item(fact);
        let (partition, sort) =
            (item.required(PARTITION_KEY)?.to_owned(), item.required(SORT_KEY)?.to_owned());
        let update = self
            .set(&partition, &sort, item.expires(fact.time))
            .only_if("#state = :pending")
            .with_name("#state", "state")
            .with_text(":pending", FactState::Pending.name());
        update.send().await.map(drop)
    }

    /// Takes back the note that an incident was restored, if that is not decided: it was opened again.
    ///
    /// # Errors
    /// [`Error::Aws`].
    pub async fn take_back_restore(&self, key: &IncidentKey) -> Result<(), Error> {
        let sort = incident_sort(FactKind::Restore.name(), key);
        let attributes =
            Item::default().text("kind", "takenBack").text("evidence", "it was opened again, and is open");
        let update = self
            .set(&incident_partition(&key.id()), &sort, attributes)
            .only_if("#state = :pending")
            .with_name("#state", "state")
            .with_text(":pending", FactState::Pending.name());
        update.send().await.map(drop)
    }
}

/// Whether a second event that tells a fact is counted as a duplicate: one that is about what the fact is about.
pub(super) const fn counts_duplicates(kind: FactKind) -> bool {
    matches!(kind, FactKind::Deployment | FactKind::Rollback | FactKind::Ignored)
}

/// The attribute with the message of an event that tells the same.
pub(super) fn told_by(owner: Owner<'_>) -> String {
    format!("told_{}", owner.told)
}

pub(super) fn fact_item(fact: &Fact) -> Item {
    let kind = fact.id.kind().name();
    let mut item = match &fact.id {
        FactId::Deployment(key)
        | FactId::LeadTime(key)
        | FactId::Failure(key)
        | FactId::Rollback(key)
        | FactId::Rework(key)
        | FactId::Ignored(key) => Item::new(deployment_partition(key), deployment_sort(kind, key)),
        FactId::Restore(key) | FactId::Unattributed(key) => {
            Item::new(incident_partition(&key.id()), incident_sort(kind, key))
        }
    };
    item = item.listed(kind, fact.time).text("evidence", &fact.evidence);
    // The attributes `account` and `region` are those of the deployment where there is one: it is what was deployed.
    if let Some(key) = &fact.incident {
        item = item.incident(key);
    }
    if let Some(key) = &fact.deployment {
        item = item.deployment(key);
    }
    if let Some(repository) = &fact.repository {
        item = item.text("repository", repository);
    }
    if let Some(seconds) = fact.value() {
        item = item.number("value", seconds.get());
    }
    if !fact.commits.is_empty() {
        let commits = fact.commits.iter().take(MOST_COMMITS);
        let lines = commits.map(|commit| format!("{} {}", commit.id, commit.time));
        item = item.text(COMMITS, lines.collect::<Vec<_>>().join("\n"));
    }
    if !fact.parts.is_empty() {
        item = item.text(PARTS, parts::to_text(&fact.parts));
    }
    if let Some(kind) = fact.source_kind {
        item = item.text(SOURCE_KIND, kind.name());
    }
    if let Some(branch) = &fact.branch {
        item = item.text(BRANCH, branch);
    }
    if let Some(revision) = &fact.revision {
        item = item.text("revision", revision);
    }
    if !fact.references.is_empty() {
        let references = fact.references.iter().map(ToString::to_string);
        item = item.text(REFERENCES, references.collect::<Vec<_>>().join(" "));
    }
    if let Some(began) = fact.began {
        item = item.instant("began", began);
    }
    if let Some(rule) = &fact.rule {
        item = item.text("rule", rule);
    }
    for (metric, samples) in fact.samples() {
        item = item.number(metric.name(), samples);
    }
    item
}

/// The deployment of an item; none if it lacks what the pipeline's history needs.
pub(super) fn live(item: &Item) -> Result<Option<LiveDeployment>, Error> {
    let kind = SourceKind::ALL.into_iter().find(|kind| item.get(SOURCE_KIND) == Some(kind.name()));
    let Some(kind) = kind else { return Ok(None) };
    let deployed = item.deployed()?;
    let text = |name: &str| item.get(name).map(str::to_owned);
    Ok(Some(LiveDeployment {
        began: item.optional_instant("began")?.unwrap_or(deployed.time),
        deployed,
        kind,
        branch: text(BRANCH),
        revision: text("revision"),
    }))
}

/// Whether a fact is published, or known to be unpublishable.
pub(super) fn is_done(item: &Item) -> bool {
    item.get("state").is_some_and(|state| FactState::CLOSED.map(FactState::name).contains(&state))
}
