//! Secrets Manager.

use super::resources;
use crate::pulumi::Text;
use serde::Serialize;

/// A secret.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Secret {
    pub(crate) name: Text,
    pub(crate) description: Text,
    pub(crate) kms_key_id: Text,
    pub(crate) recovery_window_in_days: u32,
}

/// A value of a secret.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SecretVersion {
    pub(crate) secret_id: Text,
    pub(crate) secret_string: Text,
}

resources! {
    Secret = "aws:secretsmanager/secret:Secret", tagged;
    SecretVersion = "aws:secretsmanager/secretVersion:SecretVersion";
}
