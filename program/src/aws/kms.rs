//! Key Management Service.

use super::{
    iam::{Access, Policy},
    resources,
};
use crate::pulumi::{Json, Text};
use serde::Serialize;

/// A key.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Key {
    pub(crate) description: Text,
    pub(crate) enable_key_rotation: bool,
    pub(crate) deletion_window_in_days: u32,
    pub(crate) policy: Json<Policy<Access>>,
}

/// A name for a key.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Alias {
    pub(crate) name: Text,
    pub(crate) target_key_id: Text,
}

resources! {
    Key = "aws:kms/key:Key", tagged;
    Alias = "aws:kms/alias:Alias";
}
