//! A bucket: encrypted, private, over TLS only, with versions and an end to them.

use super::tls_only;
use crate::{
    aws::{
        iam::Policy,
        kms::Key,
        s3::{
            AbortIncompleteMultipartUpload, Bucket, BucketLifecycleConfiguration, BucketOwnershipControls,
            BucketPolicy, BucketPublicAccessBlock, BucketServerSideEncryptionConfiguration, BucketVersioning,
            EncryptionByDefault, EncryptionRule, Expiration, Filter, LifecycleRule,
            NoncurrentVersionExpiration, OwnershipRule, Versioning,
        },
    },
    pulumi::{Document, Handle, Options, Text},
};

/// When objects with a prefix go: their id and prefix, and how many days they stay, if they don't stay for good.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lifecycle {
    pub(crate) id: &'static str,
    pub(crate) prefix: &'static str,
    pub(crate) days: Option<u32>,
}

/// A bucket.
pub(crate) fn bucket(
    document: &mut Document,
    name: &str,
    bucket_name: String,
    key: &Handle<Key>,
    lifecycle: &[Lifecycle],
    options: Options,
) -> Handle<Bucket> {
    let bucket = document.add_with(name, Bucket { bucket: bucket_name.into() }, options);
    let id = || bucket.id();
    let access = BucketPublicAccessBlock {
        bucket: id(),
        block_public_acls: true,
        block_public_policy: true,
        ignore_public_acls: true,
        restrict_public_buckets: true,
    };
    let access = document.add(format!("{name}-access"), access);
    let rule = OwnershipRule { object_ownership: "BucketOwnerEnforced" };
    document.add(format!("{name}-ownership"), BucketOwnershipControls { bucket: id(), rule });
    let by_default = EncryptionByDefault { sse_algorithm: "aws:kms", kms_master_key_id: key.arn() };
    let rule =
        EncryptionRule { apply_server_side_encryption_by_default: by_default, bucket_key_enabled: true };
    let encryption = BucketServerSideEncryptionConfiguration { bucket: id(), rules: [rule] };
    document.add(format!("{name}-encryption"), encryption);
    let versioning =
        BucketVersioning { bucket: id(), versioning_configuration: Versioning { status: "Enabled" } };
    let versioning = document.add(format!("{name}-versioning"), versioning);
    let rules = lifecycle.iter().map(|Lifecycle { id, prefix, days }| LifecycleRule {
        id,
        status: "Enabled",
        filter: Filter { prefix },
        expiration: days.map(|days| Expiration { days }),
        noncurrent_version_expiration: NoncurrentVersionExpiration { noncurrent_days: 30 },
        abort_incomplete_multipart_upload: AbortIncompleteMultipartUpload { days_after_initiation: 7 },
    });
    let rules = BucketLifecycleConfiguration { bucket: id(), rules: rules.collect() };
    // S3 refuses a rule about versions where there are none.
    document.add_with(format!("{name}-lifecycle"), rules, Options::after([versioning.itself()]));
    let everything: [Text; 2] = [bucket.arn(), bucket.arn() + "/*"];
    let policy = BucketPolicy { bucket: id(), policy: Policy::of([tls_only(["s3:*"], everything)]) };
    // Both at once are a conflict to S3.
    document.add_with(format!("{name}-policy"), policy, Options::after([access.itself()]));
    bucket
}
