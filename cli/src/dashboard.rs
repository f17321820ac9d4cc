//! `cargo dora dashboard`: prints the dashboards of a configuration.

use crate::output;
use anyhow::Context;
use clap::ValueEnum;
use program::{
    dashboard::{Transport, cloudwatch, grafana},
    plan::Plan,
    settings::Settings,
};
use scenarios::sample;
use serde_json::Value;
use std::{
    fs::File,
    io::{BufReader, Write},
    path::Path,
    process::ExitCode,
};

/// What dashboards are for.
#[derive(Clone, Copy, Default, ValueEnum)]
pub(crate) enum Format {
    /// `CloudWatch`: the body of `PutDashboard`.
    #[default]
    Cloudwatch,
    /// Grafana, Amazon Managed Grafana too: the model of a dashboard, with a `CloudWatch` data source.
    Grafana,
}

/// Prints the dashboards of a configuration, or of the demo's.
pub(crate) fn run(format: Format, config: Option<&Path>) -> anyhow::Result<ExitCode> {
    let settings = Settings::from_json(&config.map_or_else(|| Ok(sample::config()), read)?)?;
    for key in &settings.unknown_keys {
        writeln!(output::stderr(), "note: {key} means nothing here and is ignored")?;
    }
    let transport = Transport::from(&Plan::new(&settings)?);
    let documents = match format {
        Format::Cloudwatch => cloudwatch(&settings, &transport)?,
        Format::Grafana => grafana(&settings, &transport)?,
    };
    output::print_json(&documents)?;
    Ok(ExitCode::SUCCESS)
}

fn read(file: &Path) -> anyhow::Result<Value> {
    let name = file.display();
    let reader = BufReader::new(File::open(file).with_context(|| format!("{name} can't be read"))?);
    serde_json::from_reader(reader).with_context(|| format!("{name} is no JSON"))
}
