//! One incident or one deployment: every rule that was tried, and what came of it.

use crate::{
    installation::{Installation, Options},
    output::{self, Words},
};
use clap::{Args, Subcommand};
use functions::reconciler::{
    Task,
    explain::{ExplainRequest, Explained},
};
use metrics_lib::sources::opscenter::OpsItemId;
use serde::Serialize;
use std::{
    fmt::{self, Display, Formatter},
    process::ExitCode,
};

/// Which one.
#[derive(Debug, Subcommand)]
pub(super) enum One {
    /// Why an incident is blamed on a deployment, or on none: every rule that is tried.
    Incident {
        /// The id of its OpsItem, `oi-` and 12 digits.
        #[arg(value_name = "ID")]
        id: OpsItemId,
        #[command(flatten)]
        how: How,
    },
    /// Why an execution is a production deployment, a rollback, or neither: every rule that is tried.
    Deployment {
        /// The execution's id, or ACCOUNT/REGION/PIPELINE/ID if no event has told of it yet.
        #[arg(value_name = "ID")]
        id: String,
        #[command(flatten)]
        how: How,
    },
}

/// Where it is asked, and how it is told.
#[derive(Args, Debug)]
pub(super) struct How {
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    installation: Options,
}

#[derive(Debug, Serialize)]
struct Explanation {
    explained: Vec<Explained>,
}

impl One {
    /// Explains it.
    pub(super) fn run(&self) -> anyhow::Result<ExitCode> {
        let (request, how, remedy) = match self {
            Self::Incident { id, how } => (
                ExplainRequest::Incident(id.clone()),
                how,
                format!(
                    "no account of the installation has an OpsItem {id}: does it exist, in a configured region?"
                ),
            ),
            Self::Deployment { id, how } => (
                request(id),
                how,
                format!(
                    "the ledger knows no execution {id}: give ACCOUNT/REGION/PIPELINE/ID to have it looked up"
                ),
            ),
        };
        let explained = how.installation.run(async |installation| ask(installation, &request).await)?;
        anyhow::ensure!(!explained.is_empty(), remedy);
        output::print(&Explanation { explained }, how.json, false)
    }
}

fn request(id: &str) -> ExplainRequest {
    id.parse().map_or_else(|_| ExplainRequest::Execution(id.to_owned()), ExplainRequest::ExecutionOf)
}

async fn ask(installation: &Installation, request: &ExplainRequest) -> anyhow::Result<Vec<Explained>> {
    match installation.ask(&Task::Explain(request.clone())).await? {
        Ok(explained) => Ok(explained),
        Err(failed) => anyhow::bail!("{}: {} ({})", failed.what, failed.message, failed.error_type),
    }
}

impl Display for Explanation {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for Explained { what, link, tried, ledger } in &self.explained {
            writeln!(f, "{}", Words(what))?;
            if let Some(link) = link {
                writeln!(f, "  {}", Words(link))?;
            }
            for line in tried {
                writeln!(f, "  {}", Words(line))?;
            }
            writeln!(f, "In the ledger:")?;
            for line in ledger {
                writeln!(f, "  {}", Words(line))?;
            }
            if ledger.is_empty() {
                writeln!(f, "  nothing yet")?;
            }
        }
        Ok(())
    }
}
