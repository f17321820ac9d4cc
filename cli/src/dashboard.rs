//! `cargo dora dashboard`: prints or writes the dashboards of a configuration.

use crate::{output, stack_file::StackFile};
use anyhow::{Context, anyhow, bail};
use clap::{Args, ValueEnum};
use program::{
    dashboard::{Transport, cloudwatch, grafana},
    nearest::nearest,
    plan::Plan,
    settings::{Settings, StackSettings},
};
use scenarios::sample;
use serde_json::Value;
use std::{
    collections::BTreeMap,
    fs,
    io::Write,
    path::{Path, PathBuf},
    process::ExitCode,
};

/// Which dashboards, and where they go.
#[derive(Args)]
pub(crate) struct Arguments {
    /// What the documents are for.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// The configuration: `Pulumi.ops.yaml`, what `pulumi config --json` prints, or a JSON object of the operations account's
    /// settings. Without it, the dashboards are those of the demo.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// One dashboard alone.
    #[arg(long)]
    name: Option<String>,
    /// Write a file each, NAME.json, to a folder, which is made; files that are there are replaced.
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,
}

/// What dashboards are for.
#[derive(Clone, Copy, Default, ValueEnum)]
pub(crate) enum Format {
    /// `CloudWatch`: the body of `PutDashboard`.
    #[default]
    Cloudwatch,
    /// Grafana, Amazon Managed Grafana too: the model of a dashboard, with a `CloudWatch` data source.
    Grafana,
}

/// Prints the dashboards of a configuration, or of the demo's, or writes them to a folder.
pub(crate) fn run(Arguments { format, config, name, out }: &Arguments) -> anyhow::Result<ExitCode> {
    let settings = match config {
        Some(file) => read(file)?,
        None => Settings::from_json(&sample::config())?,
    };
    let transport = Transport::from(&Plan::new(&settings)?);
    let mut documents = match format {
        Format::Cloudwatch => cloudwatch(&settings, &transport)?,
        Format::Grafana => grafana(&settings, &transport)?,
    };
    if let Some(name) = name {
        let one = documents.remove(name).ok_or_else(|| unknown(name, &documents))?;
        documents = [(name.clone(), one)].into();
    }
    match (out, name) {
        (Some(folder), _) => write(folder, &documents)?,
        // Who names one has no need of its name.
        (None, Some(_)) => documents.values().try_for_each(output::print_json)?,
        (None, None) => output::print_json(&documents)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn read(file: &Path) -> anyhow::Result<Settings> {
    let config = StackFile::read_any(file)?;
    let project = config
        .project()
        .with_context(|| format!("{} is of no stack: it has no key stack", file.display()))?;
    match config.settings(&project)? {
        StackSettings::Ops(settings) => Ok(*settings),
        StackSettings::Tooling(_) => bail!(
            "{} is of a tooling account's stack: the dashboards are those of the operations account's",
            file.display()
        ),
    }
}

fn unknown(name: &str, documents: &BTreeMap<String, Value>) -> anyhow::Error {
    let nearest = nearest(name, documents.keys().map(String::as_str)).unwrap_or_default();
    anyhow!("no dashboard is called {name}, the nearest is {nearest}")
}

fn write(folder: &Path, documents: &BTreeMap<String, Value>) -> anyhow::Result<()> {
    fs::create_dir_all(folder).with_context(|| format!("{} can't be made", folder.display()))?;
    for (name, document) in documents {
        let file = folder.join(format!("{name}.json"));
        fs::write(&file, format!("{document:#}\n"))
            .with_context(|| format!("{} can't be written", file.display()))?;
        writeln!(output::stderr(), "dashboard: {}", file.display())?;
    }
    Ok(())
}
