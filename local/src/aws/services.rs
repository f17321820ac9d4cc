//! The services behind the server, and what of them is seen and asked for from outside.

use super::{
    Athena, AwsError, CloudWatch, CodePipeline, DynamoDb, Fault, Faults, Firehose, Objects, Ssm, cbor,
    request::{Protocol, Request},
    sts::Sts,
};
use crate::{clock::Clock, intake::SECRET};
use axum::body::Bytes;
use program::plan::Plan;
use serde_json::{Value, json};
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
    /// What is on its way to the lake.
    pub firehose: Firehose,
    /// The objects of the lake.
    pub lake: Objects,
    /// The `OpsItem`s.
    pub ssm: Ssm,
    athena: Athena,
    /// The ARN of the webhook's secret, and the secret.
    secret: Option<(String, String)>,
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
            firehose: Firehose::new(plan.intake.as_ref().map(|intake| intake.stream.clone())),
            lake: Objects::new(),
            ssm: Ssm::default(),
            athena: plan
                .intake
                .as_ref()
                .map_or_else(Athena::default, |intake| Athena::new(&intake.workgroup, &intake.database)),
            secret: plan.intake.as_ref().map(|intake| (intake.secret.clone(), SECRET.to_owned())),
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
        let is_shared = matches!(request.service.as_str(), "codepipeline" | "ssm");
        if !is_shared && *account != self.ops_account {
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
            ("athena", Protocol::Json) => self.athena.call(operation, json()?, &self.lake)?,
            ("firehose", Protocol::Json) => self.firehose.call(operation, json()?, self.clock.now())?,
            ("secretsmanager", Protocol::Json) => self.secret(operation, &json()?)?,
            ("ssm", Protocol::Json) => self.ssm.call(account, region, operation, &json()?)?,
            (service, _) => return Err(AwsError::not_implemented(service, operation)),
        };
        Ok(output.to_string().into())
    }

    /// Answers an operation of Secrets Manager, which has one secret, never replaced.
    fn secret(&self, operation: &str, input: &Value) -> Result<Value, AwsError> {
        if operation != "GetSecretValue" {
            return Err(AwsError::not_implemented("secretsmanager", operation));
        }
        let stage = input["VersionStage"].as_str().unwrap_or("AWSCURRENT");
        match &self.secret {
            Some((arn, secret)) if input["SecretId"] == arn.as_str() && stage == "AWSCURRENT" => {
                Ok(json!({"ARN": arn, "SecretString": secret, "VersionStages": [stage]}))
            }
            _ => {
                let message = "Secrets Manager can't find the specified secret.";
                Err(AwsError::new("ResourceNotFoundException", message))
            }
        }
    }
}
