//! The services behind the server, and what of them is seen and asked for from outside.

use crate::{
    Api, Athena, AwsError, Bucket, Clock, CloudWatch, CodePipeline, Connections, DynamoDb, Events, Fault,
    Faults, Firehose, Functions, Permissions, Quotas, Secret, Sqs, Ssm, Vended, cbor,
    control::Control,
    request::{Protocol, Request},
    resources::Resources,
    sts::{self, Sts},
};
use axum::body::Bytes;
use jiff::Timestamp;
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

/// The largest body of `PutMetricData`. Source: `PutMetricData`, Amazon CloudWatch API reference.
const MAX_METRIC_DATA: usize = 1_000_000;

/// The services.
#[derive(Debug)]
pub struct Services {
    clock: Arc<Clock>,
    /// The metrics that were put.
    pub cloudwatch: CloudWatch,
    /// The connections to Git hosts.
    pub connections: Connections,
    /// The executions of every pipeline.
    pub codepipeline: CodePipeline,
    /// The tables.
    pub dynamodb: DynamoDb,
    /// What is on its way to the bucket.
    pub firehose: Firehose,
    /// The objects of the bucket.
    pub bucket: Bucket,
    /// The `OpsItem`s.
    pub ssm: Ssm,
    /// The APIs that are none of AWS's, by name.
    pub apis: BTreeMap<&'static str, Box<dyn Api>>,
    /// The queries.
    pub athena: Athena,
    /// The secret.
    pub secret: Option<Secret>,
    sts: Sts,
    /// The rules.
    pub events: Events,
    /// The functions.
    pub functions: Functions,
    /// The queues.
    pub sqs: Sqs,
    /// The policies.
    pub permissions: Permissions,
    /// The faults that are asked for.
    pub faults: Faults,
    /// The quotas that hold.
    pub quotas: Quotas,
    /// The accounts that nobody may call from, and the names of pipelines and ids of executions that nobody may read.
    pub unreadable: BTreeSet<String>,
    /// Whether the metrics are put that AWS's services put themselves.
    pub vends: bool,
    /// How often each operation was called, as IAM names it.
    pub calls: BTreeMap<String, u64>,
}

/// What is to be answered.
pub(super) enum Answer {
    /// The output, in the request's protocol.
    Output(Bytes),
    /// An error.
    Error(AwsError),
    /// The output, so much later.
    Late(Bytes, Duration),
    /// Nothing ever: the caller is to die.
    Crash,
    /// What the host is to do.
    Control(Control),
}

impl Services {
    /// The services, with the resources that there are and nothing recorded.
    pub fn new(resources: Resources, clock: Arc<Clock>) -> Self {
        let resources = Arc::new(resources);
        let secret = resources.secret.as_ref();
        Self {
            cloudwatch: CloudWatch::new(resources.alarms.iter().cloned()),
            connections: Connections::default(),
            codepipeline: CodePipeline::default(),
            dynamodb: DynamoDb::new(&resources.tables),
            firehose: Firehose::new(resources.stream.clone()),
            bucket: Bucket::default(),
            ssm: Ssm::default(),
            apis: BTreeMap::new(),
            athena: resources.catalogue.as_ref().map(Athena::new).unwrap_or_default(),
            secret: secret.map(|(name, value)| Secret::new(name, value, clock.now())),
            sts: Sts::new(resources.partition, &resources.roles),
            events: Events::new(resources.rules.clone()),
            functions: Functions(resources.functions.clone()),
            sqs: Sqs::new(&resources.queues, &resources.queue_everywhere),
            permissions: Permissions::new(&resources),
            faults: Faults::default(),
            quotas: Quotas::default(),
            unreadable: BTreeSet::new(),
            vends: false,
            calls: BTreeMap::new(),
            clock,
        }
    }

    /// The present.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Adds a value that a service of AWS's tells, if that is asked for.
    pub fn vend(&mut self, metric: Vended<'_>, at: Timestamp, value: f64) {
        if self.vends {
            self.cloudwatch.vend(metric, at, value);
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
        match self.control(request) {
            Ok(None) => {}
            Ok(Some(control)) => return Answer::Control(control),
            Err(error) => return Answer::Error(error),
        }
        match (self.call_within_quotas(request), fault) {
            (Err(error), _) | (_, Some(Fault::AfterEffect(error) | Fault::Refused(error))) => {
                Answer::Error(error)
            }
            (Ok(_), Some(Fault::CrashAfterEffect)) => Answer::Crash,
            (Ok(output), Some(Fault::Late(delay))) => Answer::Late(output, delay),
            (Ok(output), None) => Answer::Output(output),
        }
    }

    /// What a request asks of the host, if it does.
    fn control(&mut self, request: &Request<'_>) -> Result<Option<Control>, AwsError> {
        let control = Control::of(request)?;
        if let Some(control) = &control {
            self.permissions.check(&request.caller, &request.region, &request.action(), &control.input())?;
        }
        Ok(control)
    }

    /// Answers a call, unless a quota is exceeded for as long as the caller tries.
    fn call_within_quotas(&mut self, request: &Request<'_>) -> Result<Bytes, AwsError> {
        let mut tries = 0;
        loop {
            let now = self.clock.now();
            let admitted =
                self.quotas.admit(&request.action(), &request.caller.account, &request.region, now);
            match admitted.and_then(|()| self.call(request)) {
                Err(error) if error.is_throttling() && tries < self.quotas.retries => {
                    tries += 1;
                    let next_second = Timestamp::from_second(now.as_second() + 1).unwrap_or(now);
                    self.clock.advance_to(next_second)?;
                }
                answer => return answer,
            }
        }
    }

    fn call(&mut self, request: &Request<'_>) -> Result<Bytes, AwsError> {
        let Request { caller, region, operation, body, .. } = request;
        let input = input(request)?;
        if self.is_unreadable(&caller.account, &input) {
            let message = "User is not authorized to perform this operation";
            return Err(AwsError::new("AccessDeniedException", message));
        }
        match request.service.as_str() {
            // The function is part of the path.
            "lambda" => {
                let named = json!({"FunctionName": request.resource});
                self.permissions.check(caller, region, &request.action(), &named)?;
            }
            // AWS's policies don't say who may ask others.
            service if self.apis.contains_key(service) => {}
            _ => self.permissions.check(caller, region, &request.action(), &input)?,
        }
        let account = &caller.account;
        let output = match request.service.as_str() {
            "cloudwatch" => {
                if *operation == "PutMetricData" && body.len() > MAX_METRIC_DATA {
                    let message = "The request is larger than a megabyte";
                    return Err(AwsError::new("RequestEntityTooLarge", message).with_status(413));
                }
                let output = self.cloudwatch.call(operation, input, self.clock.now())?;
                return Ok(cbor::encode(&output).into());
            }
            "sts" => return self.sts.call(operation, body),
            "codeconnections" | "codestar-connections" => self.connections.call(region, operation, &input)?,
            "codepipeline" => self.codepipeline.call(account, region, operation, input)?,
            "dynamodb" => {
                let metered = (!self.quotas.is_empty()).then(|| self.clock.now());
                let answer = self.dynamodb.call_metered(operation, input, metered);
                answer.inspect_err(|error| self.note_exceeded(error, "dynamodb partition"))?
            }
            "athena" => {
                let metered = (!self.quotas.is_empty()).then(|| self.clock.now());
                let answer = self.athena.call_metered(operation, input, &self.bucket, metered);
                answer.inspect_err(|error| self.note_exceeded(error, "athena queries"))?
            }
            "firehose" => self.firehose.call(operation, input, self.clock.now())?,
            "events" => self.events.call(operation, &input)?,
            "lambda" => self.functions.call(operation, &request.resource)?,
            "secretsmanager" => match &self.secret {
                Some(secret) => secret.call(operation, &input)?,
                None => return Err(Secret::not_found()),
            },
            "sqs" => self.sqs.call((account, region), operation, &input)?,
            "ssm" => self.ssm.call(account, region, operation, &input)?,
            service => match self.apis.get_mut(service) {
                Some(api) => api.call(operation, &input)?,
                None => return Err(AwsError::not_implemented(service, operation)),
            },
        };
        Ok(output.to_string().into())
    }

    /// Whether nobody may read what a call is about.
    fn is_unreadable(&self, account: &str, input: &Value) -> bool {
        let names =
            [&input["pipelineName"], &input["pipelineExecutionId"], &input["filter"]["pipelineExecutionId"]];
        let mut names = names.into_iter().filter_map(Value::as_str).chain([account]);
        names.any(|name| self.unreadable.contains(name))
    }

    /// Notes that a service itself has refused a call as one too many.
    fn note_exceeded(&mut self, error: &AwsError, of: &str) {
        if error.is_throttling() {
            self.quotas.exceed(of);
        }
    }
}

/// The input of a request, which its service takes in one protocol only.
fn input(request: &Request<'_>) -> Result<Value, AwsError> {
    let Request { service, protocol, operation, body, .. } = request;
    match (service.as_str(), protocol) {
        ("cloudwatch", Protocol::Cbor) => cbor::decode(body),
        ("sts", Protocol::Query) => Ok(json!({"RoleArn": sts::parameter(body, "RoleArn")})),
        ("cloudwatch" | "sts", _) | (_, Protocol::Cbor | Protocol::Query) => {
            Err(AwsError::not_implemented(service, operation))
        }
        (_, Protocol::Json) if body.is_empty() => Ok(Value::Null),
        (_, Protocol::Json) => {
            let read = serde_json::from_slice(body);
            read.map_err(|error| AwsError::new("SerializationException", error.to_string()))
        }
    }
}
