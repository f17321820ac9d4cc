//! What goes wrong in AWS: a fault now and then, of one of many operations.

use fake_aws::{AwsError, Fault};
use rand::RngExt;
use rand_chacha::ChaCha12Rng;
use simulator::cloud::Cloud;
use std::time::Duration;

/// The operations that fail; those between the claim of a fact and its mark come more often.
const OPERATIONS: [&str; 23] = [
    "cloudwatch:PutMetricData",
    "cloudwatch:PutMetricData",
    "cloudwatch:PutMetricData",
    "dynamodb:TransactWriteItems",
    "dynamodb:TransactWriteItems",
    "dynamodb:TransactWriteItems",
    "dynamodb:UpdateItem",
    "dynamodb:UpdateItem",
    "dynamodb:UpdateItem",
    "dynamodb:PutItem",
    "dynamodb:Query",
    "codepipeline:GetPipelineExecution",
    "codepipeline:ListActionExecutions",
    "codepipeline:ListPipelineExecutions",
    "codepipeline:ListPipelines",
    "ssm:GetOpsItem",
    "ssm:DescribeOpsItems",
    "sts:AssumeRole",
    "athena:StartQueryExecution",
    "athena:GetQueryExecution",
    "athena:GetQueryResults",
    "cloudwatch:GetMetricData",
    "firehose:PutRecordBatch",
];

/// What was made to go wrong.
#[derive(Debug, Default)]
pub(super) struct Mischief {
    /// How often.
    pub(super) count: usize,
}

impl Mischief {
    /// Asks for a fault, perhaps.
    pub(super) fn ask(&mut self, cloud: &Cloud, rng: &mut ChaCha12Rng) {
        if rng.random_bool(0.6) {
            return;
        }
        self.count += 1;
        let mut services = cloud.server().services();
        match rng.random_range(0..20) {
            0 => services.athena.failing += rng.random_range(1..3),
            1 => services.firehose.partial += rng.random_range(1..3),
            _ => {
                let operation = OPERATIONS[rng.random_range(0..OPERATIONS.len())];
                let (fault, calls) = match operation {
                    // Whoever waits, waits in real time, so this is rare.
                    "cloudwatch:PutMetricData" if rng.random_bool(0.05) => (late(rng), 1),
                    _ => fault(rng),
                };
                services.faults.add(operation, fault, calls);
            }
        }
    }

    /// From now on nothing goes wrong.
    pub(super) fn end(&self, cloud: &Cloud) {
        let mut services = cloud.server().services();
        services.faults.clear();
        services.athena.failing = 0;
        services.firehose.partial = 0;
    }
}

/// `CloudWatch` takes the data, and answers in time or not.
fn late(rng: &mut ChaCha12Rng) -> Fault {
    Fault::Late(Duration::from_secs(if rng.random_bool(0.5) { 9 } else { 11 }))
}

/// A fault, and how many calls in a row have it.
fn fault(rng: &mut ChaCha12Rng) -> (Fault, usize) {
    let lost = || AwsError::new("InternalFailure", "The answer was lost").with_status(500);
    match rng.random_range(0..10) {
        0..2 => (Fault::throttled(), rng.random_range(1..8)),
        2 => (Fault::expired_credentials(), rng.random_range(1..4)),
        3 => (Fault::internal_error(), rng.random_range(1..4)),
        4..6 => (Fault::AfterEffect(lost()), 1),
        _ => (Fault::CrashAfterEffect, 1),
    }
}
