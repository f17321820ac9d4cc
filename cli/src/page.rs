//! The page of what was played: written to a file, or served on this machine.

use crate::{file, interruption::or_interrupted, output, played::Played};
use anyhow::Context;
use axum::{Router, response::Html, routing::get};
use clap::Args;
use dashboard_page::page;
use simulator::page_data::page_data;
use std::{io::Write, net::Ipv4Addr, path::PathBuf};

/// What becomes of the page.
#[derive(Args)]
pub(crate) struct Options {
    /// Write the page to a file, as HTML that needs nothing else.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Serve the page on this machine until stopped; the address is printed.
    #[arg(long)]
    serve: bool,
    /// Serve on this port; 0 is any that is free.
    #[arg(long, default_value_t = 0, requires = "serve")]
    port: u16,
}

impl Options {
    /// That the file can be written, before there is anything to write.
    pub(crate) fn check(&self) -> anyhow::Result<()> {
        self.out.as_deref().map_or(Ok(()), file::check)
    }

    /// Does with the page what is asked for; where it is, is told on standard error. `of` says whose figures they are.
    pub(crate) fn show(&self, of: &str, played: &Played) -> anyhow::Result<()> {
        if self.out.is_none() && !self.serve {
            return Ok(());
        }
        let page = page(&page_data(&played.outcome, of, &played.settings, played.now))?;
        if let Some(file) = &self.out {
            writeln!(output::stderr(), "page: {}", file::write(file, &page)?.display())?;
        }
        if self.serve { serve(page, self.port) } else { Ok(()) }
    }
}

/// Serves the page to this machine only.
fn serve(page: String, port: u16) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(or_interrupted(async {
        let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await;
        let listener = listener.with_context(|| format!("port {port} can't be served on"))?;
        writeln!(output::stderr(), "page: http://{}/ (Ctrl-C stops)", listener.local_addr()?)?;
        let router = Router::new().route("/", get(async move || Html(page)));
        axum::serve(listener, router).await?;
        Ok(())
    }))
}
