//! The secret that GitHub signs with: read from Secrets Manager, kept for a while, and read again when it seems to have
//! been replaced.

use crate::error::Error;
use aws_sdk_secretsmanager::Client;
use secrecy::SecretString;
use std::time::{Duration, Instant};
use tokio::sync::Mutex;

/// How long a secret is kept.
const LIFETIME: Duration = Duration::from_secs(300);
/// How often it is read again at the most because a signature did not match: whoever sends such must not make us ask.
const SHORTEST: Duration = Duration::from_secs(30);

/// The secrets that may be in use: the current one, and while it is replaced the previous one.
#[derive(Debug)]
pub struct Secrets {
    client: Client,
    arn: String,
    kept: Mutex<Option<Kept>>,
}

#[derive(Debug)]
struct Kept {
    secrets: Vec<SecretString>,
    read: Instant,
}

impl Secrets {
    /// The secrets of an ARN; none is read yet.
    pub fn new(client: Client, arn: String) -> Self {
        Self { client, arn, kept: Mutex::default() }
    }

    /// The secrets, as they were read last.
    ///
    /// # Errors
    /// [`Error::Aws`].
    pub async fn get(&self) -> Result<Vec<SecretString>, Error> {
        self.read_unless_younger_than(LIFETIME).await
    }

    /// The secrets, read again unless that was just done.
    ///
    /// # Errors
    /// [`Error::Aws`].
    pub async fn refresh(&self) -> Result<Vec<SecretString>, Error> {
        self.read_unless_younger_than(SHORTEST).await
    }

    async fn read_unless_younger_than(&self, age: Duration) -> Result<Vec<SecretString>, Error> {
        let mut kept = self.kept.lock().await;
        if let Some(Kept { secrets, read }) = kept.as_ref()
            && read.elapsed() < age
        {
            return Ok(secrets.clone());
        }
        let mut secrets = Vec::new();
        for stage in ["AWSCURRENT", "AWSPREVIOUS"] {
            secrets.extend(self.read(stage).await?);
        }
        *kept = Some(Kept { secrets: secrets.clone(), read: Instant::now() });
        Ok(secrets)
    }

    /// The secret of a stage. Only a secret that was never replaced has no previous one.
    async fn read(&self, stage: &str) -> Result<Option<SecretString>, Error> {
        let request = self.client.get_secret_value().secret_id(&self.arn).version_stage(stage);
        match request.send().await {
            // An empty secret would let everybody sign.
            Ok(output) => Ok(output.secret_string.filter(|secret| !secret.is_empty()).map(Into::into)),
            Err(error)
                if stage != "AWSCURRENT"
                    && error
                        .as_service_error()
                        .is_some_and(|error| error.is_resource_not_found_exception()) =>
            {
                Ok(None)
            }
            Err(error) => Err(Error::aws("secretsmanager:GetSecretValue")(error)),
        }
    }
}
