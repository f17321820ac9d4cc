//! Gives each repository one name: one spelling in all settings, and the one that it has now.

use super::{Settings, repositories::Aliases};
use metrics_lib::{
    fact::{RepositoryMetrics, Teams},
    repository::{GitName, Spellings},
};
use std::collections::{BTreeMap, BTreeSet};

/// The names of an installation's repositories.
struct Names {
    spellings: Spellings,
    /// Former names, and today's.
    aliases: BTreeMap<GitName, String>,
}

impl Names {
    /// A name as it is now, in its one spelling.
    fn now(&self, name: &str) -> String {
        let today = self.aliases.get(&name.into()).map_or(name, String::as_str);
        self.spellings.of(today).to_owned()
    }

    fn all(&self, names: &BTreeSet<String>) -> BTreeSet<String> {
        names.iter().map(|name| self.now(name)).collect()
    }
}

impl Settings {
    /// Puts the name that each repository has now, in its one spelling, everywhere.
    pub(super) fn with_one_name_each(mut self, aliases: Aliases) -> Self {
        let Aliases { today, former } = aliases;
        let names = Names { spellings: self.spellings(&today), aliases: former };
        let owned = self.teams.0.iter().map(|(team, owned)| (team.clone(), names.all(owned)));
        self.teams = Teams(owned.collect());
        if let RepositoryMetrics::Of(own) = &mut self.repository_metrics {
            *own = names.all(own);
        }
        let production = &mut self.production;
        production.trunk_based = names.all(&production.trunk_based);
        let exceptions = std::mem::take(&mut production.repositories).into_iter();
        production.repositories = exceptions.map(|(name, value)| (names.now(&name), value)).collect();
        // What CloudWatch has under a former name stays there, so dashboards may ask for it.
        let shown = self.dashboards.repositories.iter();
        self.dashboards.repositories = shown.map(|name| names.spellings.of(name).to_owned()).collect();
        for alarm in &mut self.operations.repository_alarms {
            alarm.repository = names.now(&alarm.repository);
        }
        for blamed in self.incidents.accounts.values_mut() {
            *blamed = names.all(blamed);
        }
        let mut accounts: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for (name, given) in std::mem::take(&mut self.repositories.accounts) {
            accounts.entry(names.now(&name)).or_default().extend(given);
        }
        self.repositories.accounts = accounts;
        let aliases = names.aliases.keys();
        self.repositories.aliases =
            aliases.map(|former| (former.clone(), names.now(former.as_str()))).collect();
        self.repositories.spellings = self.other_spellings(&names.spellings);
        self
    }

    /// The repositories that are named for metrics of their own.
    pub(crate) fn own_metrics(&self) -> impl Iterator<Item = &String> {
        let named = match &self.repository_metrics {
            RepositoryMetrics::All => None,
            RepositoryMetrics::Of(names) => Some(names),
        };
        named.into_iter().flatten()
    }

    /// The spellings of all names, of each the first.
    fn spellings(&self, today: &[String]) -> Spellings {
        let blamed = self.incidents.accounts.values().flatten();
        self.teams
            .0
            .values()
            .flatten()
            .chain(&self.production.trunk_based)
            .chain(&self.dashboards.repositories)
            .chain(self.own_metrics())
            .chain(self.production.repositories.keys())
            .chain(today)
            .chain(self.repositories.accounts.keys())
            .chain(self.operations.repository_alarms.iter().map(|alarm| &alarm.repository))
            .chain(blamed.filter(|blamed| !super::forms::is_account(blamed)))
            .collect()
    }

    /// The spellings of the names of today that neither teams nor trunk-based repositories tell.
    fn other_spellings(&self, spellings: &Spellings) -> BTreeSet<String> {
        let told: BTreeSet<GitName> =
            self.teams.0.values().flatten().chain(&self.production.trunk_based).map(GitName::new).collect();
        let is_now = |name: &GitName| !self.repositories.aliases.contains_key(name);
        let is_other = |name: &&str| !told.contains(&GitName::new(*name)) && is_now(&GitName::new(*name));
        spellings.all().filter(is_other).map(str::to_owned).collect()
    }
}
