//! What is chosen, by options or by answers, and the stacks that it makes.

use crate::stack_file::{Project, StackFile, UNKNOWN_SECRET};
use clap::Args;
use metrics_lib::place::Place;
use program::{
    settings::{InvalidSettings, Settings, StackSettings, ToolingSettings, WEBHOOK_SECRET},
    stacks::Stack,
};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// What is chosen. What is allowed, the settings know; every option here becomes one of them.
#[derive(Args, Debug, Default)]
pub(crate) struct Choices {
    /// The account that computes and shows the metrics.
    #[arg(long, value_name = "ACCOUNT")]
    ops_account: Option<String>,
    /// The region of its stack.
    #[arg(long)]
    region: Option<String>,
    /// An account that runs pipelines, and its regions, as 111111111111:eu-west-1,us-east-1; repeatable.
    #[arg(long = "tooling", value_name = "ACCOUNT:REGIONS", value_parser = pair)]
    tooling: Vec<Pair>,
    /// The AWS organisation whose accounts run pipelines, in place of a list or beside it.
    #[arg(long, value_name = "ID")]
    organization: Option<String>,
    /// A region in which the organisation's accounts run pipelines; repeatable.
    #[arg(long, value_name = "REGION", requires = "organization")]
    organization_region: Vec<String>,
    /// Only the accounts of this organisational unit, as o-a1b2c3d4e5/r-ab12/ou-ab12-11111111/*; repeatable.
    #[arg(long, value_name = "PATH", requires = "organization")]
    organization_path: Vec<String>,
    /// A team and its repositories, as payments=acme/shop,acme/till; repeatable.
    #[arg(long, value_name = "TEAM=REPOSITORIES", value_parser = assignment)]
    team: Vec<Pair>,
    /// A repository for the dashboards to list, beside those of teams; repeatable.
    #[arg(long)]
    repository: Vec<String>,
    /// An address that gets alarms; repeatable.
    #[arg(long, value_name = "ADDRESS")]
    alarm_email: Vec<String>,
    /// What the names of all resources begin with.
    #[arg(long)]
    prefix: Option<String>,
    /// Don't measure lead time: no webhook, no lake.
    #[arg(long)]
    no_lead_time: bool,
    /// Any other setting of docs/OPERATIONS.md, as mainBranch=trunk or excludedPipelines='["*-dev"]'; repeatable.
    #[arg(long = "set", value_name = "KEY=VALUE", value_parser = setting)]
    set: Vec<Pair>,
}

/// A name and what belongs to it.
#[derive(Clone, Debug)]
struct Pair(String, String);

fn pair(text: &str) -> Result<Pair, String> {
    split(text, ':').ok_or_else(|| "it is not ACCOUNT:REGION,REGION".to_owned())
}

fn assignment(text: &str) -> Result<Pair, String> {
    split(text, '=').ok_or_else(|| "it has no =".to_owned())
}

/// A setting that a file may have, and that no option is for.
fn setting(text: &str) -> Result<Pair, String> {
    let Pair(key, value) = assignment(text)?;
    if key == WEBHOOK_SECRET {
        // A secret in a file that people commit would be none.
        return Err(format!(
            "`pulumi config set --secret {WEBHOOK_SECRET}` sets it, encrypted, after the files are written"
        ));
    }
    match OPTIONS.iter().find(|(of, _)| *of == key) {
        Some((_, option)) => Err(format!("{option} sets it")),
        None => Ok(Pair(key, value)),
    }
}

/// The settings that options set, so that none is given twice.
const OPTIONS: [(&str, &str); 9] = [
    ("alarmEmails", "--alarm-email"),
    ("opsAccount", "--ops-account"),
    ("organization", "--organization"),
    ("prefix", "--prefix"),
    ("region", "--region"),
    ("repositories", "--repository"),
    ("stack", "cargo dora init"),
    ("teams", "--team"),
    ("toolingAccounts", "--tooling"),
];

fn split(text: &str, by: char) -> Option<Pair> {
    text.split_once(by).map(|(name, value)| Pair(name.trim().to_owned(), value.trim().to_owned()))
}

/// The parts of a list, as people write it.
pub(super) fn parts(text: &str) -> Vec<&str> {
    text.split(',').map(str::trim).filter(|part| !part.is_empty()).collect()
}

/// An account of `toolingAccounts`, of `ACCOUNT:REGION,REGION`.
pub(super) fn tooling_account(text: &str) -> Option<Value> {
    split(text, ':').map(|Pair(account, regions)| json!({"account": account, "regions": parts(&regions)}))
}

/// A team with its repositories, of `TEAM=REPOSITORY,REPOSITORY`.
pub(super) fn team(text: &str) -> Option<(String, Value)> {
    split(text, '=').map(|Pair(team, repositories)| (team, json!(parts(&repositories))))
}

/// The configuration of the operations account's stack, and whether lead time is measured: its secret is set later.
#[derive(Debug, Default)]
pub(crate) struct Config {
    pub(super) settings: Map<String, Value>,
    pub(super) no_lead_time: bool,
}

impl Config {
    /// The configuration as it will be when the secret is set.
    pub(super) fn complete(&self) -> Map<String, Value> {
        let mut settings = self.settings.clone();
        settings.insert("stack".to_owned(), json!("ops"));
        if !self.no_lead_time {
            settings.entry(WEBHOOK_SECRET).or_insert_with(|| json!(UNKNOWN_SECRET));
        }
        settings
    }
}

impl Choices {
    /// Whether something is not chosen without which there is no installation.
    pub(super) fn is_incomplete(&self) -> bool {
        let Self { ops_account, region, tooling, organization, .. } = self;
        ops_account.is_none() || region.is_none() || (tooling.is_empty() && organization.is_none())
    }

    /// A setting that is given twice: which of the values is meant, nobody can tell.
    pub(super) fn repeated(&self) -> Option<&str> {
        let mut keys = BTreeSet::new();
        self.set.iter().map(|Pair(key, _)| key.as_str()).find(|key| !keys.insert(*key))
    }

    /// What is chosen, under the names that the settings have.
    pub(super) fn config(&self) -> Config {
        // As Pulumi hands it over: what is JSON of a list, an object or a switch is that, all else is text.
        let structured = |text: &str| {
            let value = serde_json::from_str(text).ok();
            let value =
                value.filter(|value: &Value| value.is_array() || value.is_object() || value.is_boolean());
            value.unwrap_or_else(|| text.into())
        };
        let others = self.set.iter().map(|Pair(key, value)| (key.clone(), structured(value)));
        let mut settings: Map<_, _> = others.collect();
        let mut put = |key: &str, value: Value| {
            let is_chosen = match &value {
                Value::Null => false,
                Value::Array(values) => !values.is_empty(),
                Value::Object(members) => !members.is_empty(),
                _ => true,
            };
            if is_chosen {
                settings.insert(key.to_owned(), value);
            }
        };
        put("opsAccount", json!(self.ops_account));
        put("region", json!(self.region));
        put("prefix", json!(self.prefix));
        let accounts = self.tooling.iter();
        let account = |Pair(account, regions): &Pair| json!({"account": account, "regions": parts(regions)});
        put("toolingAccounts", accounts.map(account).collect());
        if let Some(id) = &self.organization {
            let mut organization = json!({"id": id, "regions": self.organization_region});
            if !self.organization_path.is_empty() {
                organization["paths"] = json!(self.organization_path);
            }
            put("organization", organization);
        }
        // Who names a team twice means both.
        let mut teams: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for Pair(team, repositories) in &self.team {
            teams.entry(team).or_default().extend(parts(repositories));
        }
        put("teams", json!(teams));
        put("repositories", json!(self.repository));
        put("alarmEmails", json!(self.alarm_email));
        Config { settings, no_lead_time: self.no_lead_time }
    }
}

/// A stack with its file.
#[derive(Debug)]
pub(super) struct Configured {
    pub(super) name: String,
    pub(super) place: Place,
    pub(super) file: StackFile,
}

/// An installation whose stacks AWS and the program take.
#[derive(Debug)]
pub(super) struct Installation {
    pub(super) settings: Settings,
    pub(super) template_settings: Map<String, Value>,
    /// The operations account's stack, then those of the tooling accounts.
    pub(super) stacks: Vec<Configured>,
}

impl Installation {
    /// The installation of a configuration, or what of it can't be used. What AWS would refuse for its size is an error.
    pub(super) fn new(
        config: Config,
        project: &Project,
        ops_stack: &str,
    ) -> anyhow::Result<Result<Self, InvalidSettings>> {
        let settings = match StackFile::of(project, &config.complete()).settings(project) {
            Ok(StackSettings::Ops(settings)) => settings,
            Ok(StackSettings::Tooling(_)) => anyhow::bail!("the stack is not the operations account's"),
            Err(invalid) => return Ok(Err(invalid)),
        };
        let mut own = config.settings;
        own.insert("stack".to_owned(), json!("ops"));
        let mut stacks = vec![Configured {
            name: ops_stack.to_owned(),
            place: settings.place(),
            file: StackFile::of(project, &own),
        }];
        Stack::new(&StackSettings::Ops(settings.clone()))?;
        for tooling in ToolingSettings::of(&settings) {
            let file = StackFile::of(project, &tooling.to_config());
            let place = tooling.place();
            Stack::new(&StackSettings::Tooling(tooling))?;
            let name = format!("tooling-{}-{}", place.account, place.region);
            anyhow::ensure!(name != ops_stack, "two stacks would be called {name}");
            stacks.push(Configured { name, place, file });
        }
        let template_settings = template_settings(&settings);
        Ok(Ok(Self { settings: *settings, template_settings, stacks }))
    }
}

/// What the template of an organisation's tooling stacks is printed with: what is no place.
fn template_settings(settings: &Settings) -> Map<String, Value> {
    let anywhere = ToolingSettings {
        prefix: settings.prefix.clone(),
        account: String::new(),
        region: String::new(),
        ops_account: String::new(),
        ops_region: String::new(),
        lead_time: settings.lead_time,
        executions: true,
        incident_types: settings.incidents.types.clone(),
        tags: settings.operations.tags.clone(),
    };
    let mut config = anywhere.to_config();
    config
        .retain(|key, _| !["stack", "account", "region", "opsAccount", "opsRegion"].contains(&key.as_str()));
    config
}
