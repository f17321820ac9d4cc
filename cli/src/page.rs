//! The dashboards of what was played, as a page: written to a file, or served on this machine.

use crate::{output, played::Played};
use anyhow::Context;
use axum::{Router, response::Html, routing::get};
use clap::Args;
use program::dashboard::Transport;
use std::{
    fs,
    io::Write,
    net::Ipv4Addr,
    path::{Path, PathBuf},
};

/// What becomes of the page.
#[derive(Args)]
pub(crate) struct Options {
    /// Write the dashboards to a file, as one page of HTML that needs nothing else.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Serve the dashboards on this machine until stopped; the address is printed.
    #[arg(long)]
    serve: bool,
}

impl Options {
    /// Does with the page what is asked for; where it is, is told on standard error. `of` says whose figures they are.
    pub(crate) fn show(&self, of: &str, played: &Played) -> anyhow::Result<()> {
        if self.out.is_none() && !self.serve {
            return Ok(());
        }
        let documents = program::dashboard::cloudwatch(&played.settings, &Transport::from(&played.plan))?;
        let page = dashboard_page::page(&documents, of, &played.stored, played.now)?;
        if let Some(file) = &self.out {
            write(file, &page)?;
        }
        if self.serve { serve(page) } else { Ok(()) }
    }
}

fn write(file: &Path, page: &str) -> anyhow::Result<()> {
    let place = || {
        fs::write(file, page)?;
        file.canonicalize()
    };
    let place = place().with_context(|| format!("{} can't be written", file.display()))?;
    writeln!(output::stderr(), "dashboards: {}", place.display())?;
    Ok(())
}

/// Serves the page to this machine only.
fn serve(page: String) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        writeln!(output::stderr(), "dashboards: http://{}/ (Ctrl-C stops)", listener.local_addr()?)?;
        let router = Router::new().route("/", get(async move || Html(page)));
        axum::serve(listener, router).await?;
        Ok(())
    })
}
