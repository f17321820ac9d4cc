//! What to do after the configuration is written, in this order.

use super::choices::{Configured, Installation};
use jiff::{ToSpan, civil::Date};
use metrics_lib::place::Place;
use program::settings::{Architecture, DEFAULT_PREFIX, Organization, WEBHOOK_SECRET};
use serde::Serialize;
use serde_json::Value;

/// How far back a backfill is proposed, in days.
const QUARTER: i64 = 90;

/// Something to do.
#[derive(Debug, Serialize)]
pub(super) struct Step {
    pub(super) what: String,
    pub(super) commands: Vec<String>,
}

fn step(what: impl Into<String>, commands: impl IntoIterator<Item = String>) -> Step {
    Step { what: what.into(), commands: commands.into_iter().collect() }
}

/// What to do, from the sources to an installation that is known to work.
pub(super) fn next(installation: &Installation, today: Date) -> Vec<Step> {
    let Installation { settings, stacks, .. } = installation;
    let Some((ops, tooling)) = stacks.split_first() else { return Vec::new() };
    let mut steps = vec![
        step("Package the functions, for Lambda.", package(settings.operations.architecture)),
        self::ops(ops, settings.lead_time),
    ];
    steps.extend(tooling.iter().map(self::tooling));
    steps.extend(settings.organization.iter().flat_map(|organization| stack_set(installation, organization)));
    let Configured { name, .. } = ops;
    if settings.lead_time {
        steps.push(step(
            "In GitHub, add a webhook to the organisation or repository: this address, content type application/json, this \
             secret, the events Pushes, Pull requests and Repositories. GitHub's ping must show 200.",
            [
                format!("pulumi stack output webhookUrl --stack {name}"),
                format!("pulumi config get {WEBHOOK_SECRET} --stack {name}"),
            ],
        ));
    }
    let options = options(installation);
    steps.push(step(
        "See that it works, with credentials for the operations account. Until the first deployment, no event of the \
         accounts is known.",
        [format!("pulumi stack output --json --stack {name} | cargo dora doctor --outputs -{options}")],
    ));
    steps.push(step(
        "Fill the ledger with what happened before, for instance in the last quarter; CodePipeline knows the last twelve \
         months.",
        [format!("cargo dora backfill --since {}{options}", today.saturating_sub(QUARTER.days()))],
    ));
    steps
}

fn package(architecture: Architecture) -> [String; 1] {
    [match architecture {
        Architecture::Arm64 => "cargo xtask package".to_owned(),
        Architecture::X86 => "cargo xtask package --architecture x86_64".to_owned(),
    }]
}

fn ops(Configured { name, place: Place { account, region }, .. }: &Configured, lead_time: bool) -> Step {
    let secret = format!("openssl rand -hex 32 | pulumi config set --secret {WEBHOOK_SECRET} --stack {name}");
    let mut commands = vec![format!("pulumi stack init {name}")];
    commands.extend(lead_time.then_some(secret));
    commands.push(policies(name));
    commands.push(format!("pulumi up --stack {name}"));
    step(
        format!(
            "The operations account's stack first, with credentials for account {account} ({region}). Whoever has no \
             administrator's rights there needs the policies that the last command but one writes."
        ),
        commands,
    )
}

/// Writes what the deployer of a stack needs to be allowed.
fn policies(stack: &str) -> String {
    format!("cargo dora export-policy deployer --stack {stack} --out policies")
}

fn tooling(Configured { name, place: Place { account, region }, .. }: &Configured) -> Step {
    step(
        format!("The stack of {region} in account {account}, with credentials for that account."),
        [format!("pulumi stack init {name}"), policies(name), format!("pulumi up --stack {name}")],
    )
}

/// The accounts of an organisation get their stacks of a StackSet, which AWS takes once it has trusted access.
fn stack_set(installation: &Installation, Organization { paths, regions, .. }: &Organization) -> [Step; 2] {
    let Installation { settings, template_settings, .. } = installation;
    let name = format!("{}-tooling", settings.prefix);
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let arguments: Vec<String> = template_settings
        .iter()
        .map(|(key, value)| format!(" {}", quoted(&format!("{key}={}", text(value)))))
        .collect();
    // `cargo xtask package` has written the template of the default settings.
    let template = (!arguments.is_empty()).then(|| {
        let arguments = arguments.concat();
        format!("cargo run --quiet --package program -- tooling-template{arguments} > {TEMPLATE}")
    });
    // A path ends with the unit whose accounts are meant, or with /*, for those of the units in it too.
    let unit = |path: &String| {
        let mut parts = path.split('/').filter(|part| part.starts_with("ou-") || part.starts_with("r-"));
        parts.next_back().map(str::to_owned)
    };
    let units: Vec<String> = paths.iter().filter_map(unit).collect();
    let units = if units.is_empty() { "ROOT_OR_UNIT".to_owned() } else { units.join(",") };
    let regions: Vec<&str> = regions.iter().map(String::as_str).collect();
    let access = step(
        "StackSets need trusted access to the organisation. If nobody has activated it yet, do so, with credentials for the \
         management account.",
        ["aws cloudformation activate-organizations-access".to_owned()],
    );
    let stacks = step(
        "The stacks of the organisation's accounts come from a StackSet, with credentials for the management account or for a \
         delegated administrator of StackSets (then with --call-as DELEGATED_ADMIN). ROOT_OR_UNIT is the id of the \
         organisation's root or of organisational units.",
        template.into_iter().chain([
            format!(
                "aws cloudformation create-stack-set --stack-set-name {name} --template-body file://{TEMPLATE} \
                 --parameters ParameterKey=OpsAccount,ParameterValue={} ParameterKey=OpsRegion,ParameterValue={} \
                 --capabilities CAPABILITY_NAMED_IAM --permission-model SERVICE_MANAGED --auto-deployment \
                 Enabled=true,RetainStacksOnAccountRemoval=false",
                settings.ops_account, settings.region
            ),
            format!(
                "aws cloudformation create-stack-instances --stack-set-name {name} --deployment-targets \
                 OrganizationalUnitIds={units} --regions {}",
                regions.join(" ")
            ),
        ]),
    );
    [access, stacks]
}

/// Where `cargo xtask package` writes the template of the tooling stacks.
const TEMPLATE: &str = "target/cloudformation/tooling.json";

/// A word for the shell.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

/// How the commands for operators find the installation.
fn options(installation: &Installation) -> String {
    let settings = &installation.settings;
    let mut options = format!(" --region {}", settings.region);
    if settings.prefix != DEFAULT_PREFIX {
        options += &format!(" --prefix {}", settings.prefix);
    }
    options
}
