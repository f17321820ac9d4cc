//! The AWS clients: those of the function's own account, and readers of the tooling accounts through their read role.

use crate::runtime::config::Config;
use aws_config::{
    BehaviorVersion, Region, SdkConfig, identity::IdentityCache, retry::RetryConfig, sts::AssumeRoleProvider,
    timeout::TimeoutConfig,
};
use aws_sdk_cloudwatch::config::SharedCredentialsProvider;
use metrics_lib::place::Place;
use std::{
    collections::{HashMap, hash_map::Entry},
    sync::Arc,
    time::Duration,
};
use tokio::sync::Mutex;

/// The name of the sessions in the tooling accounts, as `CloudTrail` shows it.
const SESSION_NAME: &str = "dora-metrics";

/// How long a `PutMetricData` call may take.
pub(crate) const LONGEST_PUT: Duration = Duration::from_secs(10);

/// What reads the pipelines and `OpsItem`s of one account and region.
#[derive(Debug)]
pub struct Reader {
    /// Connections to Git hosts.
    pub codeconnections: aws_sdk_codeconnections::Client,
    /// Pipelines and their executions.
    pub codepipeline: aws_sdk_codepipeline::Client,
    /// The queue of what a rule could not deliver.
    pub sqs: aws_sdk_sqs::Client,
    /// `OpsItem`s.
    pub ssm: aws_sdk_ssm::Client,
}

/// The clients of a function, made once and shared by all invocations.
#[derive(Debug)]
pub struct Clients {
    sdk: SdkConfig,
    ops_account: String,
    read_role_arn: String,
    external_id: String,
    /// The readers that were made, by account and region. Each holds the cached credentials of its read role.
    readers: Mutex<HashMap<Place, Arc<Reader>>>,
    /// Deployments are handed on here.
    pub sqs: aws_sdk_sqs::Client,
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
        let timeout = TimeoutConfig::builder().operation_timeout(LONGEST_PUT).build();
        let cloudwatch = aws_sdk_cloudwatch::config::Builder::from(&sdk)
            .retry_config(RetryConfig::disabled())
            .timeout_config(timeout)
            .build();
        Self {
            ops_account: config.ops_account.clone(),
            read_role_arn: config.read_role_arn.clone(),
            external_id: config.read_role_external_id.clone(),
            readers: Mutex::default(),
            sqs: aws_sdk_sqs::Client::new(&sdk),
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

    /// What reads an account and region: in the operations account the function itself, elsewhere the region's read role.
    pub async fn reader(&self, place: &Place) -> Arc<Reader> {
        let mut readers = self.readers.lock().await;
        let reader = match readers.entry(place.clone()) {
            Entry::Occupied(known) => return known.get().clone(),
            Entry::Vacant(new) => new,
        };
        let mut config = self.sdk.to_builder().region(Region::new(place.region.clone()));
        if place.account != self.ops_account {
            config = config
                .credentials_provider(SharedCredentialsProvider::new(self.read_role(place).await))
                .identity_cache(IdentityCache::lazy().build());
        }
        let config = config.build();
        let clients = Reader {
            codeconnections: aws_sdk_codeconnections::Client::new(&config),
            codepipeline: aws_sdk_codepipeline::Client::new(&config),
            sqs: aws_sdk_sqs::Client::new(&config),
            ssm: aws_sdk_ssm::Client::new(&config),
        };
        reader.insert(Arc::new(clients)).clone()
    }

    /// Throws away the cached credentials of the read roles, so that the next reader gets new ones.
    pub async fn forget_credentials(&self) {
        self.readers.lock().await.clear();
    }

    async fn read_role(&self, Place { account, region }: &Place) -> AssumeRoleProvider {
        let arn = self.read_role_arn.replace("{account}", account).replace("{region}", region);
        let role = AssumeRoleProvider::builder(arn).session_name(SESSION_NAME).external_id(&self.external_id);
        role.configure(&self.sdk).build().await
    }
}
