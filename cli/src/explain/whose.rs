//! Whose figure is explained.

use crate::{installation::Installation, output::Words};
use anyhow::bail;
use clap::Args;
use functions::ledger::Recorded;
use metrics_lib::{contract::dimension, fact::Teams, repository::meant};
use program::nearest::nearest_first;
use serde::Serialize;
use std::{
    collections::BTreeSet,
    fmt::{self, Display, Formatter},
};

/// How many names are offered for one that nobody knows.
const MOST_NAMES: usize = 3;

/// Whose figure: everybody's, one repository's or one team's.
#[derive(Args, Clone, Debug, Serialize)]
pub(super) struct Whose {
    /// Of this repository only, `owner/name`.
    #[arg(long, conflicts_with = "team")]
    #[serde(skip_serializing_if = "Option::is_none")]
    repository: Option<String>,
    /// Of the repositories that this team owns.
    #[arg(long)]
    #[serde(skip_serializing_if = "Option::is_none")]
    team: Option<String>,
}

impl Whose {
    /// The repositories that are meant; none for all.
    ///
    /// # Errors
    /// If no team is called so.
    pub(super) fn repositories<'a>(&'a self, teams: &'a Teams) -> anyhow::Result<Option<BTreeSet<&'a str>>> {
        let Some(team) = &self.team else {
            return Ok(self.repository.as_deref().map(|name| BTreeSet::from([name])));
        };
        let (_, owned) = of_team(team, teams)?;
        Ok(Some(owned.iter().map(String::as_str).collect()))
    }

    /// The same, with the names as they are spelt there: those at Git hosts have no case.
    ///
    /// # Errors
    /// If no team is called so. If nothing was ever heard of the repository, with those that may be meant: its zero would be taken for a figure.
    /// [`functions::runtime::error::Error`].
    pub(super) async fn spelt(
        &self,
        facts: &[Recorded],
        installation: &Installation,
    ) -> anyhow::Result<Self> {
        if let Some(team) = &self.team {
            let (team, _) = of_team(team, &installation.config.teams)?;
            return Ok(Self { repository: None, team: Some(team.to_owned()) });
        }
        let Some(repository) = &self.repository else { return Ok(self.clone()) };
        let spelt = |name: &str| Self { repository: Some(name.to_owned()), team: None };
        if let Some(name) = meant(repository, facts.iter().filter_map(|fact| fact.repository.as_deref())) {
            return Ok(spelt(name));
        }
        let names = installation.ledger().names().await?;
        let of_git = names.repositories.iter().map(|known| known.name.as_str());
        let exact = names.exact.iter().map(|(_, name)| name.as_str());
        let known = of_git.chain(exact).chain(installation.config.repository_names());
        let known: BTreeSet<&str> = known.collect();
        if let Some(name) = meant(repository, known.iter().copied()) {
            return Ok(spelt(name));
        }
        let near: Vec<&str> = nearest_first(repository, known).into_iter().take(MOST_NAMES).collect();
        let near = if near.is_empty() { "none".to_owned() } else { near.join(", ") };
        bail!(
            "nothing was deployed from {repository} or pushed to it, and the configuration does not name it; the nearest \
             known: {near}"
        )
    }

    /// The dimension that CloudWatch has the figure by, name and value; none for all.
    pub(super) fn dimension(&self) -> Option<(&'static str, &str)> {
        let of_team = || Some((dimension::TEAM, self.team.as_deref()?));
        self.repository.as_deref().map(|name| (dimension::REPOSITORY, name)).or_else(of_team)
    }
}

/// A team as the configuration spells it, and what it owns.
fn of_team<'a>(team: &str, teams: &'a Teams) -> anyhow::Result<(&'a str, &'a BTreeSet<String>)> {
    match teams.called(team) {
        Some(found) => Ok(found),
        None if teams.0.is_empty() => bail!("no team is called {team}: none is configured"),
        None => {
            let known = nearest_first(team, teams.0.keys().map(String::as_str)).join(", ");
            bail!("no team is called {team}: {known} are configured")
        }
    }
}

impl Display for Whose {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match (&self.repository, &self.team) {
            (Some(repository), _) => write!(f, "{}", Words(repository)),
            (None, Some(team)) => write!(f, "team {}", Words(team)),
            (None, None) => write!(f, "all repositories"),
        }
    }
}
