//! The services behind the server, and what of them is seen and asked for from outside.

use super::{
    AwsError, CloudWatch, CodePipeline, DynamoDb, Fault, Faults, Ssm, cbor,
    request::{Protocol, Request},
    sts::Sts,
};
use crate::clock::Clock;
use axum::body::Bytes;
use program::plan::Plan;
use serde_json::Value;
use std::{collections::BTreeMap, sync::Arc};

/// The services that the functions call.
#[derive(Debug)]
pub struct Services {
    clock: Arc<Clock>,
    /// The metrics that were put.
    pub cloudwatch: CloudWatch,
    /// The executions of every pipeline.
    pub codepipeline: CodePipeline,
    /// The ledger's table.
    pub dynamodb: DynamoDb,
    /// The `OpsItem`s.
    pub ssm: Ssm,
    sts: Sts,
    ops_account: String,
    /// The faults that are asked for.
    pub faults: Faults,
    /// How often each operation was called, as IAM names it.
    pub calls: BTreeMap<String, u64>,
}

/// What is to be answered.
pub(super) enum Answer {
    /// The output, in the request's protocol.
    Output(Bytes),
    /// An error.
    Error(AwsError),
    /// Nothing ever: the caller is to die.
    Crash,
}

impl Services {
    /// The services of an installation, with nothing recorded.
    pub fn new(plan: &Plan, clock: Arc<Clock>) -> Self {
        let accounts = plan.tooling_accounts.iter().map(|tooling| tooling.account.clone());
        Self {
            clock,
            cloudwatch: CloudWatch::default(),
            codepipeline: CodePipeline::default(),
            dynamodb: DynamoDb::new([&plan.ledger]),
            ssm: Ssm::default(),
            sts: Sts { role: plan.read_role.clone(), accounts: accounts.collect() },
            ops_account: plan.ops_account.clone(),
            faults: Faults::default(),
            calls: BTreeMap::new(),
        }
    }

    /// Answers a request, unless a fault is asked for.
    pub(super) fn answer(&mut self, request: &Request<'_>) -> Answer {
        let action = request.action();
        let fault = self.faults.take(&action);
        *self.calls.entry(action).or_default() += 1;
        if let Some(Fault::Refused(error)) = fault {
            return Answer::Error(error);
        }
        match (self.call(request), fault) {
            (Err(error), _) | (_, Some(Fault::AfterEffect(error) | Fault::Refused(error))) => {
                Answer::Error(error)
            }
            (Ok(_), Some(Fault::CrashAfterEffect)) => Answer::Crash,
            (Ok(output), None) => Answer::Output(output),
        }
    }

    fn call(&mut self, request: &Request<'_>) -> Result<Bytes, AwsError> {
        let Request { account, region, operation, body, .. } = request;
        if matches!(request.service.as_str(), "cloudwatch" | "dynamodb" | "sts")
            && *account != self.ops_account
        {
            let message = format!("account {account} is not allowed to perform {}", request.action());
            return Err(AwsError::new("AccessDeniedException", message));
        }
        let json = || -> Result<Value, AwsError> {
            let read = serde_json::from_slice(body);
            read.map_err(|error| AwsError::new("SerializationException", error.to_string()))
        };
        let output = match (request.service.as_str(), request.protocol) {
            ("cloudwatch", Protocol::Cbor) if operation == "PutMetricData" => {
                self.cloudwatch.put_metric_data(cbor::decode(body)?, self.clock.now())?;
                return Ok(cbor::encode(&[]).into());
            }
            ("sts", Protocol::Query) => return self.sts.call(operation, body),
            ("codepipeline", Protocol::Json) => {
                self.codepipeline.call(account, region, operation, json()?)?
            }
            ("dynamodb", Protocol::Json) => self.dynamodb.call(operation, json()?)?,
            ("ssm", Protocol::Json) => self.ssm.call(account, region, operation, &json()?)?,
            (service, _) => return Err(AwsError::not_implemented(service, operation)),
        };
        Ok(output.to_string().into())
    }
}
