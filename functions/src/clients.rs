//! The AWS clients: those of the function's own account, and readers of the tooling accounts through their read role.

use crate::config::Config;
use aws_config::{
    BehaviorVersion, Region, SdkConfig, identity::IdentityCache, retry::RetryConfig, sts::AssumeRoleProvider,
};
use aws_sdk_cloudwatch::config::SharedCredentialsProvider;
use std::{
    collections::{HashMap, hash_map::Entry},
    sync::Arc,
};
use tokio::sync::Mutex;

/// The name of the sessions in the tooling accounts, as `CloudTrail` shows it.
const SESSION_NAME: &str = "dora-metrics";

/// What reads the pipelines and `OpsItem`s of one account and region.
#[derive(Debug)]
pub struct Reader {
    /// Pipelines and their executions.
    pub codepipeline: aws_sdk_codepipeline::Client,
    /// `OpsItem`s.
    pub ssm: aws_sdk_ssm::Client,
}

/// An account that is read: the configuration, which holds the cached credentials of its read role, and the readers
/// that were made with it, by region.
type Account = (SdkConfig, HashMap<String, Arc<Reader>>);

/// The clients of a function, made once and shared by all invocations.
#[derive(Debug)]
pub struct Clients {
    sdk: SdkConfig,
    ops_account: String,
    read_role_arn: String,
    external_id: String,
    accounts: Mutex<HashMap<String, Account>>,
    /// The lake is read here.
    pub athena: aws_sdk_athena::Client,
    /// The ledger's table lives here.
    pub dynamodb: aws_sdk_dynamodb::Client,
    /// Metrics go here. It never retries by itself: whether a call that failed put its data is unknown, and the
    /// ledger decides when it is tried again.
    pub cloudwatch: aws_sdk_cloudwatch::Client,
}

impl Clients {
    /// Makes the clients from the standard AWS environment.
    pub async fn new(config: &Config) -> Self {
        let sdk = aws_config::load_defaults(BehaviorVersion::latest()).await;
        let cloudwatch =
            aws_sdk_cloudwatch::config::Builder::from(&sdk).retry_config(RetryConfig::disabled()).build();
        Self {
            ops_account: config.ops_account.clone(),
            read_role_arn: config.read_role_arn.clone(),
            external_id: config.read_role_external_id.clone(),
            accounts: Mutex::default(),
            athena: aws_sdk_athena::Client::new(&sdk),
            dynamodb: aws_sdk_dynamodb::Client::new(&sdk),
            cloudwatch: aws_sdk_cloudwatch::Client::from_conf(cloudwatch),
            sdk,
        }
    }

    /// The region that the function runs in.
    pub fn region(&self) -> &str {
        self.sdk.region().map_or("", Region::as_ref)
    }

    /// What reads an account and region: in the operations account the function itself, elsewhere the account's read
    /// role.
    pub async fn reader(&self, account: &str, region: &str) -> Arc<Reader> {
        let mut accounts = self.accounts.lock().await;
        let (config, readers) = match accounts.entry(account.to_owned()) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) if account == self.ops_account => {
                new.insert((self.sdk.clone(), HashMap::new()))
            }
            Entry::Vacant(new) => new.insert((self.read_role(account).await, HashMap::new())),
        };
        let reader = readers.entry(region.to_owned()).or_insert_with(|| {
            let config = config.to_builder().region(Region::new(region.to_owned())).build();
            Arc::new(Reader {
                codepipeline: aws_sdk_codepipeline::Client::new(&config),
                ssm: aws_sdk_ssm::Client::new(&config),
            })
        });
        reader.clone()
    }

    /// Throws away the cached credentials of the read roles, so that the next reader gets new ones.
    pub async fn forget_credentials(&self) {
        self.accounts.lock().await.clear();
    }

    async fn read_role(&self, account: &str) -> SdkConfig {
        let role = AssumeRoleProvider::builder(self.read_role_arn.replace("{account}", account))
            .session_name(SESSION_NAME)
            .external_id(&self.external_id)
            .configure(&self.sdk)
            .build()
            .await;
        self.sdk
            .to_builder()
            .credentials_provider(SharedCredentialsProvider::new(role))
            .identity_cache(IdentityCache::lazy().build())
            .build()
    }
}
