//! The lake: what Firehose writes, where it lies, and how Athena reads it.

use super::{
    Service, assumed_by,
    bucket::{Lifecycle, bucket},
    function::Deployed,
};
use crate::{
    aws::{
        athena::{self, Workgroup},
        cloudwatch::{LogGroup, LogStream},
        firehose::{
            DynamicPartitioning, Encryption, FirehoseDeliveryStream, LoggingOptions, Parameter, Processing,
            Processor, S3Configuration,
        },
        glue::{CatalogDatabase, CatalogTable, Column, SerDeInfo, StorageDescriptor},
        iam::{Policy, Role, RolePolicy, Statement},
        kms::Key,
        s3::Bucket,
    },
    naming::Names,
    plan::CommitIngestion,
    pulumi::{Document, Handle, Options, Text},
    settings::Settings,
};
use metrics_lib::lake;

/// A query that reads more is cancelled: a repository's pushes of a year are a fraction of it.
const SCAN_LIMIT: u64 = 10 * 1024 * 1024 * 1024;

/// Where the records of GitHub's deliveries end, with all that reads them.
pub(crate) fn commit_lake(
    document: &mut Document,
    settings: &Settings,
    commit_ingestion: &CommitIngestion,
    key: &Handle<Key>,
    transform: &Deployed,
) {
    let names = &settings.names();
    let lifecycle = [
        Lifecycle { id: "changes", prefix: "changes/", days: None },
        Lifecycle { id: "errors", prefix: "errors/", days: Some(90) },
    ];
    let bucket = bucket(document, "lake", commit_ingestion.bucket.clone(), key, &lifecycle, Options::kept());
    catalog(document, commit_ingestion, &bucket);
    workgroup(document, names, commit_ingestion, key);
    stream(document, settings, commit_ingestion, key, &bucket, transform);
}

fn catalog(document: &mut Document, commit_ingestion: &CommitIngestion, bucket: &Handle<Bucket>) {
    let database = CatalogDatabase {
        name: commit_ingestion.database.as_str().into(),
        description: "What DORA metrics know of GitHub".into(),
    };
    let database = document.add("lake-database", database);
    let columns = |columns: &[(&str, &str)]| -> Vec<Column> {
        columns.iter().map(|(name, kind)| Column { name: (*name).into(), kind: (*kind).into() }).collect()
    };
    let parameters = lake::table_parameters(&commit_ingestion.bucket);
    let table = CatalogTable {
        name: lake::TABLE.into(),
        description: "Pushes and merged pull requests".into(),
        database_name: database.name(),
        table_type: "EXTERNAL_TABLE",
        parameters: parameters.into_iter().map(|(name, value)| (name, value.into())).collect(),
        partition_keys: columns(&lake::PARTITION_KEYS),
        storage_descriptor: StorageDescriptor {
            location: Text::from("s3://") + bucket.id() + "/" + lake::TABLE + "/",
            input_format: "org.apache.hadoop.mapred.TextInputFormat",
            output_format: "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
            columns: columns(&lake::COLUMNS),
            ser_de_info: SerDeInfo { serialization_library: lake::SERDE },
        },
    };
    document.add("lake-table", table);
}

fn workgroup(document: &mut Document, names: &Names, commit_ingestion: &CommitIngestion, key: &Handle<Key>) {
    // Answers are read at once by who asked; they stay a week for people who look into a figure.
    let lifecycle = [Lifecycle { id: "answers", prefix: "", days: Some(7) }];
    let results = bucket(
        document,
        "query-results",
        commit_ingestion.results_bucket.clone(),
        key,
        &lifecycle,
        Options::default(),
    );
    let encryption = athena::Encryption { encryption_option: "SSE_KMS", kms_key_arn: key.arn() };
    let properties = Workgroup {
        name: commit_ingestion.workgroup.as_str().into(),
        description: "Reads the lake of DORA metrics".into(),
        // What it holds is a history of queries.
        force_destroy: true,
        configuration: athena::Configuration {
            enforce_workgroup_configuration: true,
            publish_cloudwatch_metrics_enabled: true,
            bytes_scanned_cutoff_per_query: SCAN_LIMIT,
            result_configuration: athena::ResultConfiguration {
                output_location: Text::from("s3://") + results.id() + "/",
                expected_bucket_owner: names.ops_account().into(),
                encryption_configuration: encryption,
            },
        },
    };
    document.add("workgroup", properties);
}

fn stream(
    document: &mut Document,
    settings: &Settings,
    commit_ingestion: &CommitIngestion,
    key: &Handle<Key>,
    bucket: &Handle<Bucket>,
    transform: &Deployed,
) {
    let planned = &commit_ingestion.stream;
    let log_group = LogGroup {
        name: format!("/aws/kinesisfirehose/{}", planned.name).into(),
        retention_in_days: settings.operations.log_retention_days,
        kms_key_id: key.arn(),
    };
    let log_group = document.add("stream-log", log_group);
    let log_stream = LogStream { name: "delivery".into(), log_group_name: log_group.name() };
    let log_stream = document.add("stream-log-stream", log_stream);
    let role = Role {
        name: planned.name.as_str().into(),
        description: "Writes the lake of DORA metrics".into(),
        assume_role_policy: assumed_by(Service::Firehose),
    };
    let role = document.add("stream-role", role);
    // Firehose invokes a version: the latest.
    let transform_arn = transform.function.arn() + ":$LATEST";
    let policy = Policy::of([
        Statement::allow(
            "Bucket",
            ["s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketMultipartUploads"],
        )
        .on([bucket.arn()]),
        Statement::allow("Objects", ["s3:AbortMultipartUpload", "s3:GetObject", "s3:PutObject"])
            .on([bucket.arn() + "/changes/*", bucket.arn() + "/errors/*"]),
        Statement::allow("Transform", ["lambda:GetFunctionConfiguration", "lambda:InvokeFunction"])
            .on([transform_arn.clone()]),
        Statement::allow("Encrypt", ["kms:Decrypt", "kms:GenerateDataKey"]).on([key.arn()]),
        Statement::allow("Log", ["logs:PutLogEvents"]).on([log_stream.arn()]),
    ]);
    let policy = RolePolicy { name: planned.name.as_str().into(), role: role.name(), policy };
    let policy = document.add("stream-policy", policy);
    let parameter = |parameter_name, parameter_value: Text| Parameter { parameter_name, parameter_value };
    let processor = Processor {
        kind: "Lambda",
        parameters: vec![
            // No parameter with its default, which is 1 MiB at once and three retries: the provider does not keep it in
            // its state, and each refresh would show a change. Source: the provider's documentation of this type.
            parameter("LambdaArn", transform_arn),
        ],
    };
    let properties = FirehoseDeliveryStream {
        name: planned.name.as_str().into(),
        destination: "extended_s3",
        server_side_encryption: Encryption {
            enabled: true,
            key_type: "CUSTOMER_MANAGED_CMK",
            key_arn: key.arn(),
        },
        extended_s3_configuration: S3Configuration {
            bucket_arn: bucket.arn(),
            role_arn: role.arn(),
            prefix: planned.prefix.into(),
            error_output_prefix: planned.error_prefix.into(),
            buffering_interval: planned.buffer_interval.as_secs(),
            buffering_size: planned.buffer_size / (1024 * 1024),
            kms_key_arn: key.arn(),
            cloudwatch_logging_options: LoggingOptions {
                enabled: true,
                log_group_name: log_group.name(),
                log_stream_name: log_stream.name(),
            },
            dynamic_partitioning_configuration: DynamicPartitioning { enabled: true, retry_duration: 300 },
            processing_configuration: Processing { enabled: true, processors: vec![processor] },
        },
    };
    document.add_with("stream", properties, Options::after([policy.itself()]));
}
