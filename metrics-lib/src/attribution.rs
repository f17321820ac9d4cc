//! Attribution: which deployment an incident is blamed on. First match wins, and the reason is kept as evidence.

use crate::{
    event::{DeploymentRef, Incident, Running},
    identity::{DeploymentKey, IncidentKey, UnitKey},
    place::Place,
    repository::GitName,
    rules::Unnamed,
    sources::codepipeline::PipelineKey,
    text::{self, ConsolePipeline, Mentioned},
};
use jiff::{SignedDuration, Timestamp};
use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
    fmt::{self, Display, Formatter},
    ops::Range,
};

/// A name of a repository as people may write it. Git hosts don't tell names apart by case, AWS does.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Spelling {
    /// A repository of a Git host.
    AnyCase(GitName),
    /// One of CodeCommit, ECR or S3.
    Exact(String),
}

impl Spelling {
    /// The name of a repository of a Git host.
    pub fn any_case(name: &str) -> Self {
        Self::AnyCase(name.into())
    }

    fn as_str(&self) -> &str {
        match self {
            Self::AnyCase(name) => name.as_str(),
            Self::Exact(name) => name,
        }
    }
}

/// The names that an incident can contain: those of what was deployed or delivered, and of the configuration.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KnownNames {
    /// The owners of repositories of Git hosts: whose bare `owner/name` is no prose.
    pub owners: BTreeSet<GitName>,
    /// Repositories by each name that they have or had, and the name that is shown.
    pub repositories: BTreeMap<Spelling, String>,
    /// Names of pipelines that may be named without ARN or address.
    pub pipelines: BTreeSet<String>,
}

impl KnownNames {
    /// Adds a repository of a Git host, and its owner.
    pub fn add_git(&mut self, shown: &str) {
        self.add_former(shown, shown);
    }

    /// Adds a name that a repository of a Git host had before, and its owner.
    pub fn add_former(&mut self, former: &str, shown: &str) {
        self.owners.extend(GitName::new(former).owner());
        self.repositories.insert(Spelling::any_case(former), shown.to_owned());
    }

    /// Adds a repository whose name compares exactly.
    pub fn add_exact(&mut self, name: &str) {
        self.repositories.insert(Spelling::Exact(name.to_owned()), name.to_owned());
    }

    /// The name that is shown for a repository; the one given if it is not known.
    pub fn shown<'a>(&'a self, name: &'a str) -> &'a str {
        let exact = self.repositories.get(&Spelling::Exact(name.to_owned()));
        exact.or_else(|| self.on_git_host(name)).map_or(name, String::as_str)
    }

    fn on_git_host(&self, name: &str) -> Option<&String> {
        self.repositories.get(&Spelling::any_case(name))
    }

    fn knows_owner_of(&self, name: &str) -> bool {
        GitName::new(name).owner().is_some_and(|owner| self.owners.contains(&owner))
    }
}

/// What an incident names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AttributionHint {
    /// A deployment, in its data, by its id.
    Deployment(String),
    /// A repository, in its data, as it is shown.
    Repository(String),
    /// What is deployed to, in its data.
    Units(Vec<UnitKey>),
    /// In its title or description.
    Text(InText),
    /// Nothing that we know.
    Nothing,
}

/// What a title or description names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InText {
    /// Repositories as they are shown; as written where they are not known.
    pub repositories: BTreeSet<String>,
    /// Pipelines by ARN.
    pub pipelines: BTreeSet<PipelineKey>,
    /// Pipelines by the address of a page of the console.
    pub console_pipelines: BTreeSet<ConsolePipeline>,
    /// Pipelines by their names alone.
    pub pipeline_names: BTreeSet<String>,
}

impl InText {
    /// Whether it names repositories, and nothing else.
    pub fn names_repositories_only(&self) -> bool {
        let others =
            self.pipelines.is_empty() && self.console_pipelines.is_empty() && self.pipeline_names.is_empty();
        !self.repositories.is_empty() && others
    }

    /// What the texts of an incident name. What is explicit (`owner/name`, an address, an ARN) outweighs what is a word.
    fn of(incident: &Incident, known: &KnownNames) -> Self {
        let (mut explicit, mut words) = (Self::default(), Self::default());
        for text in [&incident.title, &incident.description] {
            explicit.read(text, known, &mut words);
        }
        if explicit == Self::default() { words } else { explicit }
    }

    fn read(&mut self, text: &str, known: &KnownNames, words: &mut Self) {
        let (mentions, prose) = text::read(text);
        let mut found: Vec<(Range<usize>, Found<'_>)> = names_in(&prose, known);
        let names_repository = |name: &str| known.knows_owner_of(name) || known.on_git_host(name).is_some();
        for mention in mentions {
            match mention.what {
                Mentioned::Pipeline(key) => _ = self.pipelines.insert(key),
                Mentioned::ConsolePipeline(page) => _ = self.console_pipelines.insert(page),
                Mentioned::Repository { name, in_address: true } => {
                    let shown = known.on_git_host(&name).cloned().unwrap_or(name);
                    self.repositories.insert(shown);
                }
                Mentioned::Repository { name, in_address: false } if names_repository(&name) => {
                    let shown = known.on_git_host(&name).cloned().unwrap_or(name);
                    found.push((mention.at, Found::Repository { shown, is_word: false }));
                }
                Mentioned::Repository { .. } => {}
            }
        }
        let all: Vec<Range<usize>> = found.iter().map(|(place, _)| place.clone()).collect();
        for (_, name) in found.into_iter().filter(|(place, _)| !all.iter().any(|other| holds(other, place))) {
            match name {
                Found::Repository { shown, is_word: false } => _ = self.repositories.insert(shown),
                Found::Repository { shown, is_word: true } => _ = words.repositories.insert(shown),
                Found::Pipeline(name) => _ = words.pipeline_names.insert(name.to_owned()),
            }
        }
    }

    fn covers(&self, key: &DeploymentKey, repository: Option<&str>) -> bool {
        let is_named = match key {
            DeploymentKey::Execution(execution) => {
                let on_page = |page: &ConsolePipeline| {
                    page.pipeline == execution.pipeline
                        && page.region.as_ref().is_none_or(|region| *region == execution.place.region)
                };
                self.pipelines.contains(&PipelineKey::from(execution))
                    || self.console_pipelines.iter().any(on_page)
                    || self.pipeline_names.contains(&execution.pipeline)
            }
            DeploymentKey::Sourced(_) => false,
        };
        is_named || repository.is_some_and(|repository| self.repositories.contains(repository))
    }

    fn names(&self) -> Vec<&str> {
        let pipelines = self.pipelines.iter().map(|key| key.pipeline.as_str());
        let pages = self.console_pipelines.iter().map(|page| page.pipeline.as_str());
        let names = self.repositories.iter().chain(&self.pipeline_names).map(String::as_str);
        names.chain(pipelines).chain(pages).collect()
    }
}

/// A name in prose.
enum Found<'a> {
    Repository { shown: String, is_word: bool },
    Pipeline(&'a str),
}

/// The known names in a text without addresses.
fn names_in<'a>(prose: &str, known: &'a KnownNames) -> Vec<(Range<usize>, Found<'a>)> {
    let lower = prose.to_ascii_lowercase();
    let mut found = Vec::new();
    for (spelling, shown) in &known.repositories {
        let (text, name) = match spelling {
            Spelling::AnyCase(name) => (lower.as_str(), Cow::Owned(name.key())),
            Spelling::Exact(name) => (prose, Cow::Borrowed(name.as_str())),
        };
        let is_word = !spelling.as_str().contains('/');
        let repository = || Found::Repository { shown: shown.clone(), is_word };
        found.extend(text::places_of(text, &name).map(|place| (place, repository())));
    }
    for name in &known.pipelines {
        found.extend(text::places_of(prose, name).map(|place| (place, Found::Pipeline(name))));
    }
    found
}

/// Whether a range holds another one and is longer.
fn holds(longer: &Range<usize>, place: &Range<usize>) -> bool {
    longer.start <= place.start && place.end <= longer.end && longer.len() > place.len()
}

impl AttributionHint {
    /// What an incident names, the most explicit first.
    pub fn by(incident: &Incident, known: &KnownNames) -> Self {
        if let Some(id) = &incident.deployment {
            return Self::Deployment(id.clone());
        }
        if let Some(repository) = &incident.repository {
            return Self::Repository(known.shown(repository).to_owned());
        }
        if !incident.units.is_empty() {
            return Self::Units(incident.units.clone());
        }
        let text = InText::of(incident, known);
        if text == InText::default() { Self::Nothing } else { Self::Text(text) }
    }

    /// Whether a deployment is of what is named. `repository` is the name that is shown.
    fn covers(&self, key: &DeploymentKey, repository: Option<&str>) -> bool {
        match self {
            Self::Deployment(id) => key.is_called(id),
            Self::Repository(named) => repository == Some(named),
            Self::Units(named) => named.contains(&key.unit()),
            Self::Text(text) => text.covers(key, repository),
            Self::Nothing => true,
        }
    }

    /// Whether what is named may be in an account or pipeline that can't be read.
    fn may_be_in(&self, unread: &Unread) -> bool {
        let is_pipeline = |name: &str| unread.pipeline.as_ref().is_none_or(|pipeline| pipeline == name);
        let has = |key: &PipelineKey| key.place == unread.place && is_pipeline(&key.pipeline);
        match self {
            Self::Units(named) => named.iter().any(|unit| match unit {
                UnitKey::Pipeline(key) => has(key),
                UnitKey::Sourced(_) => false,
            }),
            Self::Text(text) => {
                let on_page = |page: &ConsolePipeline| {
                    is_pipeline(&page.pipeline)
                        && page.region.as_ref().is_none_or(|region| *region == unread.place.region)
                };
                !text.repositories.is_empty()
                    || text.pipelines.iter().any(has)
                    || text.console_pipelines.iter().any(on_page)
                    || text.pipeline_names.iter().any(|name| is_pipeline(name))
            }
            Self::Deployment(_) | Self::Repository(_) | Self::Nothing => true,
        }
    }

    /// Where the name was found, for people.
    fn describe(&self, incident: &Incident) -> String {
        let DataFields { deployment, repository, units } = DataFields::of(incident);
        match self {
            Self::Deployment(id) => format!("{deployment} {id}"),
            Self::Repository(name) => format!("{repository} {name}"),
            Self::Units(named) => format!("{units} {}", names_of(named)),
            Self::Text(text) => format!("title or description names {}", text.names().join(", ")),
            Self::Nothing => "nothing is named".into(),
        }
    }
}

/// Where the data of an incident name something, for people, with what is named.
struct DataFields {
    deployment: &'static str,
    repository: &'static str,
    units: &'static str,
}

impl DataFields {
    const fn of(incident: &Incident) -> Self {
        match incident.key {
            IncidentKey::OpsItem(_) => Self {
                deployment: "operational data dora/execution names execution",
                repository: "operational data dora/repository names",
                units: "operational data /aws/resources names pipeline",
            },
            IncidentKey::Sourced(_) => Self {
                deployment: "its data name deployment",
                repository: "its data name repository",
                units: "its data name",
            },
        }
    }
}

/// The names of what is deployed to, for people.
fn names_of(units: &[UnitKey]) -> String {
    let names = units.iter().map(UnitKey::name);
    names.collect::<Vec<_>>().join(", ")
}

/// An account and region, or a pipeline of it, that can't be read, so that nobody knows which executions it had.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unread {
    /// The account and region.
    pub place: Place,
    /// The pipeline; none if not even the pipelines can be listed.
    pub pipeline: Option<String>,
    /// What the API answered.
    pub cause: String,
    /// Whether that passes by itself, as throttling does. The next try may be answered, so it is waited for longer.
    pub is_passing: bool,
    /// Since when it is waited for it: the first time that it could not be read, if it could not be read ever since.
    pub since: Option<Timestamp>,
}

impl Display for Unread {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self { place: Place { account, region }, pipeline, .. } = self;
        match pipeline {
            Some(pipeline) => write!(f, "pipeline {pipeline} of account {account} in {region}"),
            None => write!(f, "account {account} in {region}"),
        }
    }
}

/// A deployment that may be blamed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// The deployment.
    pub deployed: DeploymentRef,
    /// When the first attempt of its production stage began; its end where it has none.
    pub began: Timestamp,
}

/// What an attribution is decided by.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// The incident.
    pub incident: &'a Incident,
    /// What it names, see [`AttributionHint::by`].
    pub named: &'a AttributionHint,
    /// The names that are known.
    pub known: &'a KnownNames,
    /// The deployments that still ran and that the incident's account may blame, those within the window and where an
    /// execution is named those of that id; in any order and any number of times. Others do no harm.
    pub candidates: &'a [Candidate],
    /// What is being deployed now.
    pub running: &'a [Running],
    /// How long before the incident a deployment may have ended.
    pub attribution_window: SignedDuration,
    /// What an incident that names nothing is blamed on.
    pub unnamed: Unnamed,
    /// Where there may be more deployments that may be blamed.
    pub unread: &'a [Unread],
    /// How long an incident that names nothing waits for them.
    pub unread_wait: SignedDuration,
    /// The present.
    pub now: Timestamp,
}

/// How long an incident that names something waits for the accounts and pipelines that may have it, if they can't be read.
pub const NAMED_UNREAD_WAIT: SignedDuration = SignedDuration::from_hours(4 * 24);
/// The same if what the API answers passes by itself.
pub const NAMED_PASSING_WAIT: SignedDuration = SignedDuration::from_hours(7 * 24);
/// How many times as long an incident that names nothing waits then: two answers, an hour apart, don't say that there was none
/// in between.
const PASSING: i32 = 3;
/// How old an incident is at the most that waits for what can't be read: accounts that can be read now and then, in turn, would
/// be waited for for ever, and CloudWatch takes nothing that is older than two weeks.
pub const LONGEST_UNREAD_WAIT: SignedDuration = SignedDuration::from_hours(10 * 24);

impl<'a> Question<'a> {
    /// What can't be read, and may have what is named.
    pub fn unread_that_concerns(&self) -> impl Iterator<Item = &'a Unread> {
        let named = self.named;
        self.unread.iter().filter(move |unread| named.may_be_in(unread))
    }

    /// Whether it was waited long enough for all that can't be read.
    fn has_waited(&self) -> bool {
        let has_waited_for = |unread: &Unread| {
            let wait = match (self.named, unread.is_passing) {
                (AttributionHint::Nothing, false) => self.unread_wait,
                (AttributionHint::Nothing, true) => self.unread_wait * PASSING,
                (_, false) => NAMED_UNREAD_WAIT,
                (_, true) => NAMED_PASSING_WAIT,
            };
            unread.since.is_some_and(|since| self.now.duration_since(since) >= wait)
        };
        self.now.duration_since(self.incident.created) >= LONGEST_UNREAD_WAIT
            || self.unread_that_concerns().all(has_waited_for)
    }
}

/// What an incident was attributed to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Attribution {
    /// A deployment.
    Deployment {
        /// The deployment.
        deployment: DeploymentRef,
        /// Why this one.
        evidence: String,
    },
    /// None, never guessed.
    Unattributed {
        /// Why none.
        evidence: String,
    },
    /// Not decided yet: what may be blamed is being deployed.
    Awaited {
        /// What is awaited.
        evidence: String,
    },
}

/// Attributes an incident to one of the deployments that are known.
pub fn attribute(question: Question<'_>) -> Attribution {
    let Question { incident, named, unnamed, .. } = question;
    let described = named.describe(incident);
    if matches!((named, unnamed), (AttributionHint::Nothing, Unnamed::Unattributed)) {
        return Attribution::Unattributed {
            evidence: format!("{described}, and such incidents are attributed to nothing"),
        };
    }
    let is_execution = matches!(named, AttributionHint::Deployment(_));
    let blamed = question.blamed();
    if let Some(deployment) = blamed.filter(|_| is_execution) {
        return Attribution::Deployment { deployment: deployment.clone(), evidence: described };
    }
    let unread: Vec<String> = question.unread_that_concerns().map(ToString::to_string).collect();
    if !unread.is_empty() && !question.has_waited() {
        return Attribution::Awaited {
            evidence: format!("{described}; {} can't be read", unread.join(", ")),
        };
    }
    let described = match unread.as_slice() {
        [] => described,
        unread => format!("{described}; {} could not be read", unread.join(", ")),
    };
    if let Some(running) = question.awaited() {
        let running = running.key.described();
        return Attribution::Awaited { evidence: format!("{described}; {running} is being deployed") };
    }
    let Some(deployment) = blamed else {
        return Attribution::Unattributed {
            evidence: format!("{described}, and no known deployment matches"),
        };
    };
    let what = if let AttributionHint::Nothing = named { "of all" } else { "of it" };
    let when = if deployment.time < incident.created {
        " before the incident"
    } else {
        "; it was being deployed when the incident was raised"
    };
    let evidence = format!("{described}; latest deployment {what}{when}");
    Attribution::Deployment { deployment: deployment.clone(), evidence }
}

impl<'a> Question<'a> {
    /// The latest candidate that is of what is named, and of the window unless an execution is named.
    fn blamed(&self) -> Option<&'a DeploymentRef> {
        let whatever_its_age = matches!(self.named, AttributionHint::Deployment(_));
        let candidates = self.candidates.iter().filter(|candidate| {
            let DeploymentRef { key, repository, .. } = &candidate.deployed;
            self.named.covers(key, Some(self.known.shown(repository)))
        });
        let blameable = candidates.filter(|candidate| whatever_its_age || self.is_of_window(candidate));
        blameable.map(|candidate| &candidate.deployed).max()
    }

    fn is_of_window(&self, candidate: &Candidate) -> bool {
        let (created, end) = (self.incident.created, candidate.deployed.time);
        let start = created.checked_sub(self.attribution_window).unwrap_or(Timestamp::MIN);
        // What ends later is not waited for, so it is not blamed either, whenever the question is asked.
        let until = created.checked_add(self.attribution_window).unwrap_or(Timestamp::MAX);
        (candidate.began < created || end < created) && (start..until).contains(&end)
    }

    /// A deployment that began before the incident, may be what is named, and is worth waiting for. The first by key, so
    /// that their order does not matter.
    fn awaited(&self) -> Option<&'a Running> {
        let created = self.incident.created;
        let until = created.checked_add(self.attribution_window).unwrap_or(Timestamp::MAX);
        let covered = |running: &&Running| {
            let repository = Some(self.known.shown(&running.repository));
            running.began < created && self.named.covers(&running.key, repository)
        };
        let running = self.running.iter().filter(|_| self.now < until).filter(covered);
        running.min_by_key(|running| &running.key)
    }
}

/// Every rule that was tried, and what came of it, for people.
pub fn explain(question: Question<'_>) -> Vec<String> {
    let Question { incident, known, .. } = question;
    let mut tried = Vec::new();
    let mut try_rule = |rule: &str, outcome: Option<String>| {
        let matches = outcome.is_some();
        tried.push(format!("{rule}: {}", outcome.unwrap_or_else(|| "names nothing".into())));
        matches
    };
    let text = || Some(InText::of(incident, known)).filter(|text| *text != InText::default());
    let repository = || incident.repository.as_ref().map(|name| format!("names {}", known.shown(name)));
    let pipelines = || {
        let units = Some(&incident.units).filter(|units| !units.is_empty());
        units.map(|units| format!("names pipeline {}", names_of(units)))
    };
    let execution = incident.deployment.as_ref().map(|id| format!("names execution {id}"));
    let _ = try_rule("operational data dora/execution", execution)
        || try_rule("operational data dora/repository", repository())
        || try_rule("operational data /aws/resources", pipelines())
        || try_rule("title and description", text().map(|text| format!("name {}", text.names().join(", "))));
    tried.push(match attribute(question) {
        Attribution::Deployment { deployment, evidence } => {
            format!("blamed is {}: {evidence}", deployment.key)
        }
        Attribution::Unattributed { evidence } => format!("nothing is blamed: {evidence}"),
        Attribution::Awaited { evidence } => format!("not decided yet: {evidence}"),
    });
    tried
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = 3600;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn incident() -> Incident {
        let key = "1/r/oi-0123456789ab".parse().unwrap();
        let (title, description) = ("Something is down".into(), String::new());
        let (deployment, repository, units) = (None, None, Vec::new());
        Incident { key, created: at(100 * HOUR), title, description, deployment, repository, units }
    }

    fn deployed(id: &str, repository: &str, pipeline: &str, hour: i64) -> DeploymentRef {
        let key = format!("1/r/{pipeline}/{id}").parse().unwrap();
        DeploymentRef { time: at(hour * HOUR), key, repository: repository.into() }
    }

    /// The deployments that are known when the incident is raised in hour 100.
    fn known() -> Vec<DeploymentRef> {
        vec![
            deployed("old", "acme/shop", "shop", 75),
            deployed("day", "acme/shop", "shop", 76),
            deployed("e1", "acme/shop", "shop", 90),
            deployed("e2", "acme/shop", "shop", 95),
            deployed("e3", "acme/shop-api", "api", 97),
            deployed("e4", "acme/other", "other-main", 98),
            deployed("now", "acme/shop", "shop", 100),
            deployed("later", "acme/shop", "shop", 101),
        ]
    }

    /// Each deployment began when it ended. Asked an hour after the incident.
    fn ask(
        incident: &Incident,
        named: &AttributionHint,
        known: &KnownNames,
        deployments: &[DeploymentRef],
        running: &[Running],
    ) -> Attribution {
        let candidate =
            |deployed: &DeploymentRef| Candidate { deployed: deployed.clone(), began: deployed.time };
        let candidates: Vec<Candidate> = deployments.iter().map(candidate).collect();
        attribute(Question {
            incident,
            named,
            known,
            candidates: &candidates,
            running,
            attribution_window: SignedDuration::from_hours(24),
            unnamed: Unnamed::Latest,
            unread: &[],
            unread_wait: SignedDuration::from_hours(1),
            now: at(101 * HOUR),
        })
    }

    fn check(incident: &Incident, expected: Option<&str>) {
        let deployments = known();
        let mut known = KnownNames::default();
        for deployed in &deployments {
            known.add_git(&deployed.repository);
            known.pipelines.insert(deployed.key.unit_name().to_owned());
        }
        let found = ask(incident, &AttributionHint::by(incident, &known), &known, &deployments, &[]);
        let blamed = match &found {
            Attribution::Deployment { deployment, .. } => Some(deployment.key.id()),
            Attribution::Unattributed { .. } | Attribution::Awaited { .. } => None,
        };
        assert_eq!(blamed, expected, "{incident:?}: {found:?}");
    }

    #[test]
    fn first_match_wins() {
        let named = |change: fn(&mut Incident)| {
            let mut incident = incident();
            change(&mut incident);
            incident
        };
        check(&incident(), Some("e4"));
        check(&named(|incident| incident.deployment = Some("e1".into())), Some("e1"));
        check(&named(|incident| incident.deployment = Some("old".into())), Some("old"));
        check(&named(|incident| incident.deployment = Some("unknown".into())), None);
        check(&named(|incident| incident.repository = Some("acme/shop".into())), Some("e2"));
        check(&named(|incident| incident.repository = Some("acme/unknown".into())), None);
        let pipeline = |name: &str| PipelineKey { place: Place::new("1", "r"), pipeline: name.into() };
        check(&Incident { units: vec![pipeline("shop").into()], ..incident() }, Some("e2"));
        check(
            &Incident { units: vec![pipeline("shop").into(), pipeline("api").into()], ..incident() },
            Some("e3"),
        );
        check(&Incident { units: vec![pipeline("unknown").into()], ..incident() }, None);
        let elsewhere = PipelineKey { place: Place::new("1", "elsewhere"), ..pipeline("shop") };
        check(&Incident { units: vec![elsewhere.into()], ..incident() }, None);
        check(&named(|incident| incident.title = "acme/shop is down".into()), Some("e2"));
        check(&named(|incident| incident.description = "see acme/shop-api".into()), Some("e3"));
        check(&named(|incident| incident.title = "other-main is red".into()), Some("e4"));
        // The repository outweighs the pipeline, which is called like a word.
        check(&named(|incident| incident.title = "acme/shop calls api".into()), Some("e2"));
        check(&named(|incident| incident.title = "shop calls api".into()), Some("e3"));
        // A repository of a known owner is named, whoever knows it; another one is prose.
        check(&named(|incident| incident.title = "acme/unknown is down".into()), None);
        check(&named(|incident| incident.title = "and/or is down".into()), Some("e4"));
        // What operational data names comes before the text.
        let both = named(|incident| {
            incident.title = "acme/other is down".into();
            incident.repository = Some("acme/shop".into());
        });
        check(&both, Some("e2"));
    }

    /// From 24 hours before up to, but without, the incident.
    #[test]
    fn the_window_is_half_open() {
        fn check(hours: &[i64], expected: Option<i64>) {
            let deployments: Vec<_> =
                hours.iter().map(|&hour| deployed("e", "acme/shop", "shop", hour)).collect();
            let found =
                ask(&incident(), &AttributionHint::Nothing, &KnownNames::default(), &deployments, &[]);
            let found = match found {
                Attribution::Deployment { deployment, .. } => Some(deployment.time.as_second() / HOUR),
                Attribution::Unattributed { .. } | Attribution::Awaited { .. } => None,
            };
            assert_eq!(found, expected, "{hours:?}");
        }
        check(&[75], None);
        check(&[76], Some(76));
        check(&[76, 99, 80], Some(99));
        check(&[99, 100, 101], Some(99));
        check(&[100], None);
        check(&[], None);
    }

    /// What METRICS.md says of each text is so.
    #[test]
    fn the_documented_table_is_true() {
        fn describe(named: AttributionHint) -> String {
            let AttributionHint::Text(text) = named else { return "nothing".into() };
            let arns =
                text.pipelines.iter().map(|PipelineKey { place: Place { account, region }, pipeline }| {
                    format!("pipeline {pipeline} of {account} in {region}")
                });
            let pages = text.console_pipelines.iter().map(|page| {
                format!("pipeline {} in {}", page.pipeline, page.region.as_deref().unwrap_or("any region"))
            });
            let words = text.pipeline_names.iter().map(|name| format!("pipeline {name}"));
            let all: Vec<_> =
                text.repositories.iter().cloned().chain(words).chain(arns).chain(pages).collect();
            all.join(", ")
        }
        let mut known = KnownNames::default();
        known.add_git("acme/shop");
        known.add_git("acme/web");
        known.add_former("acme/store", "acme/shop");
        known.add_exact("ledger");
        known.add_exact("acme/Images");
        known.pipelines = ["checkout", "web-main"].map(str::to_owned).into();

        let (_, table) =
            include_str!("../../docs/METRICS.md").split_once("| title or description | names |\n").unwrap();
        let rows = table.lines().skip(1).take_while(|line| line.starts_with('|'));
        let mut count = 0;
        for row in rows {
            let (text, expected) = row.trim_matches(['|', ' ']).split_once(" | ").unwrap();
            let text = text.trim_matches('`').to_owned();
            for incident in [
                Incident { title: text.clone(), ..incident() },
                Incident { description: text.clone(), ..incident() },
            ] {
                assert_eq!(describe(AttributionHint::by(&incident, &known)), expected, "{text}");
            }
            count += 1;
        }
        assert!(count >= 20, "{count} rows");
    }

    #[test]
    fn what_is_being_deployed_is_awaited() {
        let running = |repository: &str, hour: i64| Running {
            key: deployed("r1", "", "shop", 0).key,
            repository: repository.into(),
            began: at(hour * HOUR),
        };
        let check = |running: Running, expected: &str| {
            let mut known = KnownNames::default();
            known.add_git("acme/shop");
            let incident = Incident { title: "acme/shop is down".into(), ..incident() };
            let deployments = [deployed("e1", "acme/shop", "shop", 90)];
            let named = AttributionHint::by(&incident, &known);
            let evidence = match ask(&incident, &named, &known, &deployments, &[running]) {
                Attribution::Deployment { evidence, .. }
                | Attribution::Unattributed { evidence }
                | Attribution::Awaited { evidence } => evidence,
            };
            assert_eq!(evidence, expected);
        };
        let awaited = "title or description names acme/shop; execution r1 is being deployed";
        let decided = "title or description names acme/shop; latest deployment of it before the incident";
        check(running("acme/shop", 99), awaited);
        check(running("ACME/shop", 99), awaited);
        check(running("acme/shop", 100), decided);
        check(running("acme/other", 99), decided);
    }

    #[test]
    fn what_began_before_and_ended_after_the_incident() {
        fn check(began: i64, ended: i64, expected: Option<&str>) {
            let deployed = deployed("e1", "acme/shop", "shop", ended);
            let candidates = [Candidate { deployed, began: at(began * HOUR) }];
            let found = attribute(Question { candidates: &candidates, ..unnamed(&incident()) });
            let evidence = match found {
                Attribution::Deployment { evidence, .. } => Some(evidence),
                Attribution::Unattributed { .. } | Attribution::Awaited { .. } => None,
            };
            assert_eq!(evidence.as_deref(), expected, "from {began} to {ended}");
        }
        let before = Some("nothing is named; latest deployment of all before the incident");
        let during =
            "nothing is named; latest deployment of all; it was being deployed when the incident was raised";
        check(75, 75, None);
        check(75, 76, before);
        check(98, 99, before);
        check(99, 100, Some(during));
        check(99, 102, Some(during));
        check(100, 102, None);
    }

    #[test]
    fn waiting_ends_with_the_window_and_some_blame_nothing() {
        let running = [Running {
            key: deployed("r1", "", "shop", 0).key,
            repository: "acme/shop".into(),
            began: at(99 * HOUR),
        }];
        let check = |unnamed: Unnamed, hour: i64, expected: &str| {
            let incident = incident();
            let question =
                Question { running: &running, unnamed, now: at(hour * HOUR), ..self::unnamed(&incident) };
            assert_eq!(explain(question).pop().unwrap(), expected, "in hour {hour}");
        };
        let awaited = "not decided yet: nothing is named; execution r1 is being deployed";
        check(Unnamed::Latest, 123, awaited);
        let nothing = "nothing is blamed: nothing is named, and no known deployment matches";
        check(Unnamed::Latest, 124, nothing);
        let never = "nothing is blamed: nothing is named, and such incidents are attributed to nothing";
        check(Unnamed::Unattributed, 101, never);
    }

    #[test]
    fn every_rule_is_explained() {
        let incident = Incident { title: "https://github.com/acme/shop is down".into(), ..incident() };
        let known = KnownNames::default();
        let named = AttributionHint::by(&incident, &known);
        let question = Question { named: &named, known: &known, ..unnamed(&incident) };
        let expected = [
            "operational data dora/execution: names nothing",
            "operational data dora/repository: names nothing",
            "operational data /aws/resources: names nothing",
            "title and description: name acme/shop",
            "nothing is blamed: title or description names acme/shop, and no known deployment matches",
        ];
        assert_eq!(explain(question), expected);
    }

    /// What can't be read holds up what it concerns, for a stated time.
    #[test]
    fn what_can_not_be_read() {
        fn check(named: &AttributionHint, pipeline: Option<&str>, waited: i64, expected: &str) {
            check_answer(named, (pipeline, false), waited, expected);
        }
        fn check_answer(
            named: &AttributionHint,
            (pipeline, is_passing): (Option<&str>, bool),
            waited: i64,
            expected: &str,
        ) {
            let unread = [Unread {
                place: Place::new("1", "r"),
                pipeline: pipeline.map(str::to_owned),
                cause: "AccessDenied".into(),
                is_passing,
                since: Some(at(101 * HOUR)),
            }];
            let candidates =
                [Candidate { deployed: deployed("e2", "acme/shop", "shop", 95), began: at(95 * HOUR) }];
            let incident = incident();
            let question = Question {
                named,
                candidates: &candidates,
                unread: &unread,
                now: at((101 + waited) * HOUR),
                ..unnamed(&incident)
            };
            let found = match attribute(question) {
                Attribution::Deployment { evidence, .. } if evidence.contains("could not be read") => {
                    "blamed all the same"
                }
                Attribution::Deployment { .. } => "blamed",
                Attribution::Unattributed { .. } => "unattributed",
                Attribution::Awaited { .. } => "awaited",
            };
            assert_eq!(found, expected, "{named:?} {pipeline:?} after {waited} h");
        }
        let of = |account: &str, name: &str| {
            AttributionHint::Units(vec![
                PipelineKey { place: Place::new(account, "r"), pipeline: name.into() }.into(),
            ])
        };
        let shop = deployed("e2", "acme/shop", "shop", 95).key;
        check(&AttributionHint::Nothing, None, 0, "awaited");
        check(&AttributionHint::Nothing, Some("other"), 0, "awaited");
        check(&AttributionHint::Nothing, None, 1, "blamed all the same");
        check_answer(&AttributionHint::Nothing, (None, true), 2, "awaited");
        check_answer(&AttributionHint::Nothing, (None, true), 3, "blamed all the same");
        check_answer(&AttributionHint::Repository("acme/shop".into()), (None, true), 167, "awaited");
        check_answer(
            &AttributionHint::Repository("acme/shop".into()),
            (None, true),
            168,
            "blamed all the same",
        );
        check(&AttributionHint::Repository("acme/shop".into()), None, 1, "awaited");
        check(&AttributionHint::Repository("acme/shop".into()), None, 96, "blamed all the same");
        check(&of(shop.account(), "shop"), Some("other"), 0, "blamed");
        check(&of("1", "other"), Some("other"), 0, "awaited");
        check(&of("1", "other"), None, 0, "awaited");
        check(&of("2", "other"), None, 0, "unattributed");
        // The execution that is named is known.
        check(&AttributionHint::Deployment("e2".into()), None, 0, "blamed");
        check(&AttributionHint::Deployment("e9".into()), None, 0, "awaited");
    }

    /// Each of what can't be read is waited for by itself, and none for ever.
    #[test]
    fn several_that_can_not_be_read() {
        fn check(since: [Option<i64>; 2], now: i64, is_awaited: bool) {
            let unread = |(account, since): (&str, Option<i64>)| Unread {
                place: Place::new(account, "r"),
                pipeline: None,
                cause: "AccessDenied".into(),
                is_passing: false,
                since: since.map(|hour| at(hour * HOUR)),
            };
            let unread = ["1", "2"].into_iter().zip(since).map(unread).collect::<Vec<_>>();
            let incident = incident();
            let question = Question { unread: &unread, now: at(now * HOUR), ..unnamed(&incident) };
            let found = matches!(attribute(question), Attribution::Awaited { .. });
            assert_eq!(found, is_awaited, "{since:?} at {now} h");
        }
        check([Some(101), Some(101)], 102, false);
        check([Some(101), Some(102)], 102, true);
        check([Some(101), None], 102, true);
        check([Some(101), None], 100 + 239, true);
        check([Some(101), None], 100 + 240, false);
    }

    /// A question about an incident that names nothing, asked an hour after it, without any deployment.
    fn unnamed(incident: &Incident) -> Question<'_> {
        static KNOWN: KnownNames =
            KnownNames { owners: BTreeSet::new(), repositories: BTreeMap::new(), pipelines: BTreeSet::new() };
        Question {
            incident,
            named: &AttributionHint::Nothing,
            known: &KNOWN,
            candidates: &[],
            running: &[],
            attribution_window: SignedDuration::from_hours(24),
            unnamed: Unnamed::Latest,
            unread: &[],
            unread_wait: SignedDuration::from_hours(1),
            now: at(101 * HOUR),
        }
    }
}
