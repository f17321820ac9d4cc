//! Where records lie, and how they are asked for.

use crate::{fnv::fnv_1a, repository::GitName};
use jiff::{Timestamp, tz::TimeZone};

/// How many buckets the repositories are spread over: more would exceed the partitions that Firehose writes at once.
pub const BUCKETS: u64 = 64;
/// The table.
pub const TABLE: &str = "changes";
/// Where records lie, below the bucket's root; Firehose fills in the partition keys that the transformation gave.
pub const PREFIX: &str = "changes/bucket=!{partitionKeyFromLambda:bucket}/day=!{partitionKeyFromLambda:day}/";
/// Where Firehose puts what it could not deliver.
pub const ERROR_PREFIX: &str = "errors/!{firehose:error-output-type}/";
/// The folder of the table's data, which partition projection completes.
pub const LOCATION_TEMPLATE: &str = "changes/bucket=${bucket}/day=${day}/";
/// The `SerDe` that reads a line. Every line is checked when it is written, so one that can't be read is a fault to be
/// seen, not to be skipped.
pub const SERDE: &str = "org.apache.hive.hcatalog.data.JsonSerDe";
/// The table's columns and their types.
pub const COLUMNS: [(&str, &str); 22] = [
    ("version", "int"),
    ("kind", "string"),
    ("repository", "string"),
    ("repository_created", "string"),
    ("branch", "string"),
    ("pushed", "string"),
    ("old_head", "string"),
    ("new_head", "string"),
    ("part", "int"),
    ("parts", "int"),
    ("commits", "string"),
    ("head_branch", "string"),
    ("head_commit", "string"),
    ("merge_commit", "string"),
    ("commit_count", "int"),
    ("merged", "string"),
    ("forced", "boolean"),
    ("same_repository", "boolean"),
    ("repository_id", "bigint"),
    ("number", "bigint"),
    ("step", "string"),
    ("happened", "string"),
];
/// The table's partition keys and their types.
pub const PARTITION_KEYS: [(&str, &str); 2] = [("bucket", "string"), ("day", "string")];

/// All that is known of a repository from a range of days. Parameters: bucket, first day, last day, and the
/// repository in lower case, since GitHub's names ignore case. Rows of every version are asked for: one that can't be read is
/// an error, and no missing push.
pub const CHANGES_STATEMENT: &str = "SELECT version, kind, repository, repository_created, branch, pushed, old_head, new_head, \
     part, parts, commits, head_branch, head_commit, merge_commit, commit_count, merged, forced, same_repository, \
     repository_id, number, step, happened FROM changes \
     WHERE bucket = ? AND day BETWEEN ? AND ? AND lower(repository) = ?";

/// The table's parameters for partition projection, which needs no crawler.
pub fn table_parameters(bucket: &str) -> Vec<(&'static str, String)> {
    vec![
        ("projection.enabled", "true".into()),
        ("projection.bucket.type", "integer".into()),
        ("projection.bucket.range", format!("0,{}", BUCKETS - 1)),
        ("projection.bucket.digits", "2".into()),
        ("projection.day.type", "date".into()),
        ("projection.day.format", "yyyy-MM-dd".into()),
        ("projection.day.range", "2024-01-01,NOW+1DAYS".into()),
        ("storage.location.template", format!("s3://{bucket}/{LOCATION_TEMPLATE}")),
    ]
}

/// The partition of a repository's records: FNV-1a of its name's key.
pub fn bucket(repository: &GitName) -> String {
    format!("{:02}", fnv_1a(repository.key().as_bytes()) % BUCKETS)
}

/// The partition of an instant.
pub fn day(time: Timestamp) -> String {
    time.to_zoned_datetime(TimeZone::UTC).date().to_string()
}

/// A text as an SQL literal, for a parameter of a statement: parameters are expressions.
pub fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_are_inert() {
        assert_eq!(literal("acme/shop"), "'acme/shop'");
        assert_eq!(literal("1 OR 1=1"), "'1 OR 1=1'");
        assert_eq!(literal("x' OR '1'='1"), "'x'' OR ''1''=''1'");
    }

    /// The hash must never change: records would not be found again.
    #[test]
    fn buckets_are_stable() {
        let buckets = ["acme/shop", "Acme/Shop", "acme/payments"].map(|name| bucket(&name.into()));
        assert_eq!(buckets, ["12", "12", "07"]);
    }
}
