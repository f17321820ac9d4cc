//! S3.

use super::{
    iam::{Access, Policy},
    resources,
};
use crate::pulumi::{Json, Text};
use serde::Serialize;

/// A bucket.
#[derive(Debug, Serialize)]
pub(crate) struct Bucket {
    pub(crate) bucket: Text,
}

/// Who may do what with a bucket.
#[derive(Debug, Serialize)]
pub(crate) struct BucketPolicy {
    pub(crate) bucket: Text,
    pub(crate) policy: Json<Policy<Access>>,
}

/// Whether objects that are overwritten or deleted are kept.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct BucketVersioning {
    pub(crate) bucket: Text,
    pub(crate) versioning_configuration: Versioning,
}

/// `Enabled`.
#[derive(Debug, Serialize)]
pub(crate) struct Versioning {
    pub(crate) status: &'static str,
}

/// How objects are encrypted.
#[derive(Debug, Serialize)]
pub(crate) struct BucketServerSideEncryptionConfiguration {
    pub(crate) bucket: Text,
    pub(crate) rules: [EncryptionRule; 1],
}

/// How objects are encrypted that don't say so themselves.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct EncryptionRule {
    pub(crate) apply_server_side_encryption_by_default: EncryptionByDefault,
    /// One request to the key for many objects.
    pub(crate) bucket_key_enabled: bool,
}

/// With which key.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct EncryptionByDefault {
    pub(crate) sse_algorithm: &'static str,
    pub(crate) kms_master_key_id: Text,
}

/// That nothing in a bucket is public, whatever policies say.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct BucketPublicAccessBlock {
    pub(crate) bucket: Text,
    pub(crate) block_public_acls: bool,
    pub(crate) block_public_policy: bool,
    pub(crate) ignore_public_acls: bool,
    pub(crate) restrict_public_buckets: bool,
}

/// Who owns objects.
#[derive(Debug, Serialize)]
pub(crate) struct BucketOwnershipControls {
    pub(crate) bucket: Text,
    pub(crate) rule: OwnershipRule,
}

/// `BucketOwnerEnforced`: there are no access control lists.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct OwnershipRule {
    pub(crate) object_ownership: &'static str,
}

/// When objects go.
#[derive(Debug, Serialize)]
pub(crate) struct BucketLifecycleConfiguration {
    pub(crate) bucket: Text,
    pub(crate) rules: Vec<LifecycleRule>,
}

/// When some objects go.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LifecycleRule {
    pub(crate) id: &'static str,
    pub(crate) status: &'static str,
    pub(crate) filter: Filter,
    pub(crate) expiration: Option<Expiration>,
    pub(crate) noncurrent_version_expiration: NoncurrentVersionExpiration,
    pub(crate) abort_incomplete_multipart_upload: AbortIncompleteMultipartUpload,
}

/// Which objects.
#[derive(Debug, Serialize)]
pub(crate) struct Filter {
    pub(crate) prefix: &'static str,
}

/// How old an object gets.
#[derive(Debug, Serialize)]
pub(crate) struct Expiration {
    pub(crate) days: u32,
}

/// How long an object stays after it was overwritten or deleted.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct NoncurrentVersionExpiration {
    pub(crate) noncurrent_days: u32,
}

/// How long parts stay of which no object was made.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AbortIncompleteMultipartUpload {
    pub(crate) days_after_initiation: u32,
}

resources! {
    Bucket = "aws:s3/bucket:Bucket", tagged;
    BucketPolicy = "aws:s3/bucketPolicy:BucketPolicy";
    BucketVersioning = "aws:s3/bucketVersioning:BucketVersioning";
    BucketServerSideEncryptionConfiguration =
        "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration";
    BucketPublicAccessBlock = "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock";
    BucketOwnershipControls = "aws:s3/bucketOwnershipControls:BucketOwnershipControls";
    BucketLifecycleConfiguration = "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration";
}
