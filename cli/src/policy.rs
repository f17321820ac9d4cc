//! `cargo dora export-policy`: prints what people need to be allowed, as IAM policies.

use crate::{
    output,
    stack_file::{self, Project, StackFile},
};
use anyhow::{Context, bail};
use clap::{Args, ValueEnum};
use program::{
    access,
    naming::Names,
    plan::{Plan, RoleStatement},
    settings::{InvalidSettings, StackSettings, WEBHOOK_SECRET},
};
use serde_json::{Map, Value, json};
use std::{fs, io::Write, path::PathBuf, process::ExitCode};

/// Whose policy.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Who {
    /// Who looks at the dashboards.
    Viewer,
    /// Who runs `cargo dora doctor`, `explain`, `backfill` and `redrive`.
    Operator,
    /// Who runs `pulumi up` and `pulumi destroy` for a stack.
    Deployer,
}

/// Which policy.
#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// Whose policy.
    who: Who,
    /// The stack; its configuration is `Pulumi.STACK.yaml`. Viewers and operators need that of the operations account.
    #[arg(long, default_value = "ops", value_parser = stack_file::stack_name)]
    stack: String,
    /// The product's folder, with `Pulumi.yaml`.
    #[arg(long, default_value = ".")]
    folder: PathBuf,
    /// Write a file for each policy into this folder, instead of printing them.
    #[arg(long, value_name = "FOLDER", conflicts_with = "reasons")]
    out: Option<PathBuf>,
    /// Print, instead of the policies, every resource in them with `*`, and why it can't be more exact.
    #[arg(long)]
    reasons: bool,
}

/// Prints policies as one JSON object, a document by the policy's name.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let Arguments { who, stack, folder, out, reasons } = arguments;
    let (name, names, statements) = statements(*who, stack, &settings(stack, folder)?)?;
    if *reasons {
        let reasons = access::wildcards(&statements);
        let reasons = reasons
            .map(|(statement, on, reason)| json!({"statement": statement, "resource": on, "reason": reason}));
        output::print_json(&reasons.collect::<Vec<_>>())?;
        return Ok(ExitCode::SUCCESS);
    }
    let documents = access::documents(&names, &statements)?;
    let alone = documents.len() == 1;
    let named = documents.into_iter().enumerate().map(|(number, document)| match alone {
        true => (name.clone(), document),
        false => (format!("{name}-{}", number + 1), document),
    });
    let named: Map<String, Value> = named.collect();
    match out {
        None => output::print_json(&named)?,
        Some(folder) => {
            fs::create_dir_all(folder).with_context(|| format!("{} can't be made", folder.display()))?;
            for (name, document) in named {
                let file = folder.join(format!("{name}.json"));
                fs::write(&file, format!("{document:#}\n"))
                    .with_context(|| format!("{} can't be written", file.display()))?;
                writeln!(output::stdout(), "{}", file.display())?;
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// The settings of a stack's file.
fn settings(stack: &str, folder: &std::path::Path) -> anyhow::Result<StackSettings> {
    let project = Project::find(folder)?;
    let path = folder.join(format!("Pulumi.{stack}.yaml"));
    let file = StackFile::read(&path).context("`cargo dora init` writes the stacks' configuration")?;
    file.settings(&project).map_err(|InvalidSettings(problems)| {
        let problems: Vec<String> = problems.iter().map(ToString::to_string).collect();
        anyhow::anyhow!("{} can't be used: {}", path.display(), problems.join("; "))
    })
}

/// What somebody needs, how the policy is called, and the names of the installation.
fn statements(
    who: Who,
    stack: &str,
    settings: &StackSettings,
) -> anyhow::Result<(String, Names, Vec<RoleStatement>)> {
    Ok(match (who, settings) {
        (Who::Deployer, _) => {
            let names = match settings {
                StackSettings::Ops(settings) => {
                    if !settings.lead_time {
                        writeln!(
                            output::stderr(),
                            "note: without {WEBHOOK_SECRET} in the stack's configuration, what measures lead time is not \
                             in it, nor in the policy"
                        )?;
                    }
                    settings.names()
                }
                StackSettings::Tooling(settings) => settings.names(),
            };
            (names.of(&format!("deployer-{stack}")), names, access::deployer(settings)?)
        }
        (Who::Viewer, StackSettings::Ops(settings)) => {
            let names = settings.names();
            (names.of("viewer"), names.clone(), access::viewer(&names))
        }
        (Who::Operator, StackSettings::Ops(settings)) => {
            let names = settings.names();
            (names.of("operator"), names.clone(), access::operator(&Plan::new(settings)?))
        }
        (Who::Viewer | Who::Operator, StackSettings::Tooling(_)) => bail!(
            "{stack} is the stack of a tooling account: viewers and operators need the operations account only, give its \
             stack with --stack"
        ),
    })
}
