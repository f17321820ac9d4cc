//! The installation that a command is about: one in AWS, or the stacks of a world that is played on this machine.

use crate::{credentials, played, progress};
use anyhow::{Context, bail};
use aws_config::{BehaviorVersion, Region, SdkConfig, profile::ProfileFileCredentialsProvider};
use aws_sdk_lambda::{
    config::{Credentials, SharedCredentialsProvider},
    primitives::Blob,
};
use clap::Args;
use functions::{
    ledger::Ledger,
    reconciler::{Failed, Task},
    runtime::{clock::Clock, config::Config, error::Error},
};
use jiff::Timestamp;
use metrics_lib::place::Place;
use program::{
    naming::Names,
    plan::Plan,
    settings::{Settings, ToolingAccount},
};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::json;
use simulator::{cloud::Cloud, world::World};
use std::{env, path::PathBuf};
use tokio::select;

/// Which installation.
#[derive(Args, Debug)]
pub(crate) struct Options {
    /// What the names of the installation's resources begin with: `prefix` in the stacks' configuration.
    #[arg(long, default_value = program::settings::DEFAULT_PREFIX, conflicts_with = "local")]
    prefix: String,
    /// The profile of the AWS configuration, with credentials for the operations account.
    #[arg(long, conflicts_with = "local")]
    profile: Option<String>,
    /// The region of the operations stack.
    #[arg(long, conflicts_with = "local")]
    region: Option<String>,
    /// Another address of all AWS services.
    #[arg(long, value_name = "URL", conflicts_with = "local")]
    endpoint_url: Option<String>,
    /// Plays a world on this machine, and asks it instead of AWS.
    #[arg(long, value_name = "WORLD")]
    local: Option<PathBuf>,
    /// How far it is.
    #[command(flatten)]
    pub(crate) progress: progress::Options,
}

/// An installation.
pub(crate) struct Installation {
    sdk: SdkConfig,
    /// What its functions are configured with.
    pub(crate) config: Config,
    /// What it consists of.
    pub(crate) plan: Plan,
    /// The names of its resources.
    pub(crate) names: Names,
    /// Its clock.
    pub(crate) clock: Clock,
    /// The present there, when it was looked at.
    pub(crate) now: Timestamp,
    /// The address of its webhook, if it is played on this machine and has one.
    pub(crate) played_webhook: Option<String>,
}

/// What Lambda says of a function that failed.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct FunctionError {
    #[serde(default)]
    error_type: String,
    #[serde(default)]
    error_message: String,
}

impl Options {
    /// Does something with the installation.
    pub(crate) fn run<T>(
        &self,
        work: impl AsyncFnOnce(&Installation) -> anyhow::Result<T>,
    ) -> anyhow::Result<T> {
        if let Some(world) = &self.local {
            let world = World::open(world)?;
            return played::with_cloud(&world, self.progress, async |cloud, settings| {
                on_this_machine(cloud, &settings.prefix, work).await
            });
        }
        let clock = Clock::from_environment(|name| env::var(name).ok());
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(async {
            let mut loader = aws_config::defaults(BehaviorVersion::latest());
            if let Some(profile) = &self.profile {
                // Who names a profile means it, whatever keys the environment has.
                let credentials = ProfileFileCredentialsProvider::builder().profile_name(profile).build();
                loader = loader.profile_name(profile).credentials_provider(credentials);
            }
            if let Some(region) = &self.region {
                loader = loader.region(Region::new(region.clone()));
            }
            if let Some(url) = &self.endpoint_url {
                loader = loader.endpoint_url(url);
            }
            let sdk = loader.load().await;
            let installation = Installation::open(sdk, &self.prefix, clock).await;
            let installation = match &self.profile {
                Some(profile) => installation.with_context(|| format!("profile {profile} was used"))?,
                None => installation?,
            };
            work(&installation).await
        })
    }
}

async fn on_this_machine<T>(
    mut cloud: Cloud,
    prefix: &str,
    work: impl AsyncFnOnce(&Installation) -> anyhow::Result<T>,
) -> anyhow::Result<T> {
    let (region, access) = (cloud.plan().region.clone(), cloud.operator());
    let sdk = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(region))
        .endpoint_url(access.endpoint)
        .credentials_provider(SharedCredentialsProvider::new(Credentials::new(
            access.access_key,
            access.secret,
            None,
            None,
            "the single-machine cloud",
        )))
        .build();
    let work = async {
        let mut installation = Installation::open(sdk, prefix, Clock::File(access.clock_file)).await?;
        installation.played_webhook = access.webhook_url;
        work(&installation).await
    };
    select! {
        result = work => result,
        served = cloud.serve() => {
            served?;
            bail!("the single-machine cloud has stopped")
        }
    }
}

impl Installation {
    /// Finds an installation by the configuration of its reconciler.
    async fn open(sdk: SdkConfig, prefix: &str, clock: Clock) -> anyhow::Result<Self> {
        let Some(region) = sdk.region().map(ToString::to_string) else {
            bail!("no region is configured: give --region, or set AWS_REGION or the profile's region");
        };
        let function = Names::new(prefix, Place::new("", &region)).function("reconciler");
        let request = aws_sdk_lambda::Client::new(&sdk).get_function_configuration().function_name(&function);
        let found = request.send().await.map_err(|failure| {
            let missing = credentials::missing(&failure);
            let error = Error::aws("lambda:GetFunctionConfiguration")(failure);
            missing.or_else(|| credentials::refused(&error)).unwrap_or_else(|| {
                anyhow::Error::new(error).context(format!(
                    "the installation was looked for by its function {function} in {region}; if it is in another region, \
                     account or under another prefix, give --region, --profile or --prefix"
                ))
            })
        })?;
        let variables = found.environment.and_then(|environment| environment.variables).unwrap_or_default();
        let config = Config::read(|name| variables.get(name).cloned())
            .with_context(|| format!("the configuration of {function} can't be read"))?;
        let names = Names::new(prefix, Place::new(&config.ops_account, &region));
        let plan = Plan::new(&settings(prefix, &region, &config)?)?;
        let now = clock.now()?;
        Ok(Self { sdk, config, plan, names, clock, now, played_webhook: None })
    }

    /// Has the reconciler do something. What it fails with is an answer too.
    pub(crate) async fn ask<T: DeserializeOwned>(&self, task: &Task) -> anyhow::Result<Result<T, Failed>> {
        let function = &self.plan.reconciler.function.resource;
        let request = aws_sdk_lambda::Client::new(&self.sdk)
            .invoke()
            .function_name(function)
            .payload(Blob::new(serde_json::to_vec(task)?));
        let answer = request.send().await.map_err(Error::aws("lambda:InvokeFunction"))?;
        let payload = answer.payload.unwrap_or_else(|| Blob::new([])).into_inner();
        if answer.function_error.is_none() {
            let read = serde_json::from_slice(&payload);
            return Ok(Ok(
                read.with_context(|| format!("{function} answers something else: is it of this version?"))?
            ));
        }
        let failure: FunctionError = serde_json::from_slice(&payload)
            .with_context(|| format!("{function} failed without saying why"))?;
        let FunctionError { error_type, error_message: message } = failure;
        Ok(Err(Failed { what: function.clone(), error_type, message }))
    }

    /// The configuration of every client.
    pub(crate) fn sdk(&self) -> &SdkConfig {
        &self.sdk
    }

    /// The ledger.
    pub(crate) fn ledger(&self) -> Ledger {
        Ledger::new(aws_sdk_dynamodb::Client::new(&self.sdk), self.config.ledger_table.clone())
    }
}

/// The settings that a plan is made of, as far as the functions know them.
fn settings(prefix: &str, region: &str, config: &Config) -> anyhow::Result<Settings> {
    let mut settings = json!({
        "prefix": prefix,
        "region": region,
        "opsAccount": config.ops_account,
        // What is null is not set, an empty list is refused.
        "toolingAccounts": (!config.tooling_accounts.is_empty()).then_some(&config.tooling_accounts),
        "organization": config.organization,
        "teams": config.teams,
        "attributionWindow": config.attribution_window.to_string(),
        "attributionDelay": config.attribution_delay.to_string(),
        "leadTimeLookback": config.lead_time_lookback.to_string(),
    });
    if config.lead_time {
        settings["webhookSecret"] = json!("is not known here");
    }
    let place = |place: &functions::runtime::config::ToolingAccount| ToolingAccount {
        account: place.account.clone(),
        regions: place.regions.clone(),
    };
    // The rules are read as the stack wrote them.
    Ok(Settings {
        production: config.production.clone(),
        rework: config.rework.clone(),
        incidents: config.incidents.clone(),
        incident_places: config.incident_accounts.iter().map(place).collect(),
        repositories: config.repositories.clone(),
        repository_metrics: config.repository_metrics.clone(),
        ..Settings::from_json(&settings)?
    })
}
