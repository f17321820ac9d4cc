//! The secret that GitHub signs with: read from Secrets Manager, kept for a while, and read again when it seems to have
//! been replaced.

use crate::runtime::error::Error;
use aws_sdk_secretsmanager::Client;
use jiff::{SignedDuration, Timestamp};
use secrecy::SecretString;
use tokio::sync::Mutex;

/// How long a secret is kept.
const LIFETIME: SignedDuration = SignedDuration::from_mins(5);
/// How often it is read again at the most because a signature did not match: whoever sends such must not make us ask.
const SHORTEST: SignedDuration = SignedDuration::from_secs(30);

/// The secrets that may be in use: the current one, and for some time after it was replaced the previous one, so that no
/// delivery is lost while GitHub still has that. Then the previous one is worth nothing, whoever has it.
#[derive(Debug)]
pub struct Secrets {
    client: Client,
    arn: String,
    overlap: SignedDuration,
    kept: Mutex<Option<Kept>>,
}

#[derive(Debug)]
struct Kept {
    current: Version,
    previous: Option<Version>,
    read: Timestamp,
}

/// A value of the secret.
#[derive(Debug)]
struct Version {
    /// None if it is empty: that would let everybody sign.
    secret: Option<SecretString>,
    created: Timestamp,
}

impl Kept {
    /// The secrets that are accepted at an instant. The previous one was replaced when the current one was made.
    fn accepted(&self, now: Timestamp, overlap: SignedDuration) -> Vec<SecretString> {
        let is_recent = now.duration_since(self.current.created) < overlap;
        let previous = self.previous.as_ref().filter(|_| is_recent);
        [Some(&self.current), previous]
            .into_iter()
            .flatten()
            .filter_map(|version| version.secret.clone())
            .collect()
    }
}

impl Secrets {
    /// The secrets of an ARN, of which the previous one is accepted for some time; none is read yet.
    pub fn new(client: Client, arn: String, overlap: SignedDuration) -> Self {
        Self { client, arn, overlap, kept: Mutex::default() }
    }

    /// The secrets, as they were read last.
    ///
    /// # Errors
    /// [`Error::Aws`].
    pub async fn get(&self, now: Timestamp) -> Result<Vec<SecretString>, Error> {
        self.read_unless_younger_than(LIFETIME, now).await
    }

    /// The secrets, read again unless that was just done.
    ///
    /// # Errors
    /// [`Error::Aws`].
    pub async fn refresh(&self, now: Timestamp) -> Result<Vec<SecretString>, Error> {
        self.read_unless_younger_than(SHORTEST, now).await
    }

    async fn read_unless_younger_than(
        &self,
        age: SignedDuration,
        now: Timestamp,
    ) -> Result<Vec<SecretString>, Error> {
        let mut kept = self.kept.lock().await;
        if let Some(kept) = kept.as_ref()
            && now.duration_since(kept.read).abs() < age
        {
            return Ok(kept.accepted(now, self.overlap));
        }
        const STAGE: &str = "AWSCURRENT";
        let current = self.read(STAGE).await?.ok_or_else(|| incomplete(STAGE))?;
        let read = Kept { current, previous: self.read("AWSPREVIOUS").await?, read: now };
        Ok(kept.insert(read).accepted(now, self.overlap))
    }

    /// The secret of a stage. Only a secret that was never replaced has no previous one.
    async fn read(&self, stage: &'static str) -> Result<Option<Version>, Error> {
        let request = self.client.get_secret_value().secret_id(&self.arn).version_stage(stage);
        match request.send().await {
            Ok(output) => {
                let created = output.created_date.and_then(|date| Timestamp::from_second(date.secs()).ok());
                let secret = output.secret_string.filter(|secret| !secret.is_empty()).map(Into::into);
                Ok(Some(Version { secret, created: created.ok_or_else(|| incomplete(stage))? }))
            }
            Err(error)
                if stage != "AWSCURRENT"
                    && error
                        .as_service_error()
                        .is_some_and(|error| error.is_resource_not_found_exception()) =>
            {
                Ok(None)
            }
            Err(error) => Err(Error::aws(API)(error)),
        }
    }
}

const API: &str = "secretsmanager:GetSecretValue";

fn incomplete(stage: &str) -> Error {
    let message = format!("the answer lacks the version {stage} or its date");
    Error::Aws { api: API, code: "InvalidResponse".into(), message }
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::ExposeSecret;

    #[test]
    fn the_previous_secret_expires() {
        fn check(current: &str, previous: Option<&str>, hours_since: i64, overlap: i64, expected: &[&str]) {
            let version = |secret: &str| Version {
                secret: Some(secret).filter(|secret| !secret.is_empty()).map(Into::into),
                created: Timestamp::UNIX_EPOCH,
            };
            let kept = Kept {
                current: version(current),
                previous: previous.map(version),
                read: Timestamp::UNIX_EPOCH,
            };
            let now = Timestamp::UNIX_EPOCH + SignedDuration::from_hours(hours_since);
            let accepted = kept.accepted(now, SignedDuration::from_hours(overlap));
            let accepted: Vec<_> = accepted.iter().map(ExposeSecret::expose_secret).collect();
            assert_eq!(accepted, expected, "{current} {previous:?} after {hours_since} h of {overlap}");
        }
        check("new", None, 0, 24, &["new"]);
        check("new", Some("old"), 0, 24, &["new", "old"]);
        check("new", Some("old"), 23, 24, &["new", "old"]);
        check("new", Some("old"), 24, 24, &["new"]);
        check("new", Some("old"), 0, 0, &["new"]);
        check("", Some(""), 0, 24, &[]);
        check("", Some("old"), 1, 24, &["old"]);
    }
}
