//! The services behind the server, and what of them is seen and asked for from outside.

use super::cloudwatch::Vended;
use super::{
    Api, Athena, AwsError, CloudWatch, CodePipeline, Connections, DynamoDb, Fault, Faults, Firehose, Lake,
    Permissions, Quotas, Secret, Ssm, cbor,
    control::Control,
    events::Events,
    request::{Protocol, Request},
    sts::{self, Sts},
};
use crate::{clock::Clock, trouble::Trouble};
use axum::body::Bytes;
use jiff::Timestamp;
use metrics_lib::{contract::Metric, datum::MAX_CALL, place::Place};
use program::plan::{Function, Plan};
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

/// What GitHub signs with on this machine.
pub(crate) const WEBHOOK_SECRET: &str = "the secret of the single-machine cloud";

/// The services that the functions call.
#[derive(Debug)]
pub struct Services {
    clock: Arc<Clock>,
    /// The metrics that were put.
    pub cloudwatch: CloudWatch,
    /// The connections to Git hosts.
    pub connections: Connections,
    /// The executions of every pipeline.
    pub codepipeline: CodePipeline,
    /// The ledger's table.
    pub dynamodb: DynamoDb,
    /// What is on its way to the lake.
    pub firehose: Firehose,
    /// The objects of the lake.
    pub lake: Lake,
    /// The `OpsItem`s.
    pub ssm: Ssm,
    /// The APIs of other sources, by name.
    pub apis: BTreeMap<&'static str, Box<dyn Api>>,
    /// The queries.
    pub athena: Athena,
    /// The webhook's secret.
    pub secret: Option<Secret>,
    sts: Sts,
    events: Events,
    functions: Vec<Function>,
    queues: BTreeSet<String>,
    /// The queue in each region of a tooling account of what a rule could not deliver, and how much each holds.
    tooling_undelivered: String,
    pub(crate) undelivered: BTreeMap<Place, usize>,
    /// The messages that functions have sent, each with its queue, which are not in their queues yet.
    pub(crate) sent: Vec<(String, Arc<str>)>,
    /// The roles' policies.
    pub permissions: Permissions,
    /// The faults that are asked for.
    pub faults: Faults,
    /// The quotas that hold.
    pub quotas: Quotas,
    /// The accounts whose read roles nobody may use, and the names of pipelines and ids of executions that nobody may read.
    pub unreadable: BTreeSet<String>,
    /// What is wrong with the installation.
    pub troubles: BTreeSet<Trouble>,
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
    /// What the cloud itself is to do.
    Control(Control),
}

impl Services {
    /// The services of an installation, with nothing recorded.
    pub fn new(plan: &Plan, clock: Arc<Clock>) -> Self {
        let now = clock.now();
        Self {
            clock,
            cloudwatch: CloudWatch::new(plan.alarms.iter().map(|alarm| alarm.name.clone())),
            connections: Connections::default(),
            codepipeline: CodePipeline::default(),
            dynamodb: DynamoDb::new([&plan.ledger]),
            firehose: Firehose::new(
                plan.commit_ingestion.as_ref().map(|commit_ingestion| commit_ingestion.stream.clone()),
            ),
            lake: Lake::default(),
            ssm: Ssm::default(),
            apis: BTreeMap::new(),
            athena: plan.commit_ingestion.as_ref().map_or_else(Athena::default, |commit_ingestion| {
                Athena::new(&commit_ingestion.workgroup, &commit_ingestion.database)
            }),
            secret: plan
                .commit_ingestion
                .as_ref()
                .map(|commit_ingestion| Secret::new(&commit_ingestion.secret, WEBHOOK_SECRET, now)),
            sts: Sts {
                role: plan.read_role.clone(),
                accounts: [plan.tooling_accounts.clone(), plan.incident_accounts.clone()].concat(),
                organization: plan.organization.clone(),
            },
            events: Events::new(plan),
            functions: plan.functions().cloned().collect(),
            queues: queues(plan),
            tooling_undelivered: plan.tooling_undelivered.clone(),
            undelivered: BTreeMap::new(),
            sent: Vec::new(),
            permissions: Permissions::new(plan),
            faults: Faults::default(),
            quotas: Quotas::default(),
            unreadable: BTreeSet::new(),
            troubles: BTreeSet::new(),
            vends: false,
            calls: BTreeMap::new(),
        }
    }

    /// Takes over the functions of another plan.
    pub(crate) fn configure(&mut self, plan: &Plan) {
        self.functions = plan.functions().cloned().collect();
    }

    /// The present.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Counts a request that came not as far as the webhook, as the filter of its access log does.
    pub(crate) fn count_refused(&mut self) {
        self.cloudwatch.count(Metric::WebhookRejected, None, self.clock.now());
    }

    /// Counts a delivery that is too large, as the filter of the webhook's access log does.
    pub(crate) fn count_oversized(&mut self) {
        self.cloudwatch.count(Metric::OversizedDeliveries, None, self.clock.now());
    }

    /// Whether a function dies in every invocation.
    pub(crate) fn dies(&self, function: &str) -> bool {
        self.troubles.iter().any(|trouble| matches!(trouble, Trouble::Dies(of) if *of == function))
    }

    /// Whether Lambda gives a function no concurrency.
    pub(crate) fn has_no_concurrency(&self, function: &str) -> bool {
        self.troubles.iter().any(|trouble| matches!(trouble, Trouble::NoConcurrency(of) if *of == function))
    }

    /// Whether the trigger between a function and its queue is switched off.
    pub(crate) fn has_no_trigger(&self, function: &str) -> bool {
        self.troubles.iter().any(|trouble| matches!(trouble, Trouble::TriggerOff(of) if *of == function))
    }

    /// The name in AWS of a function.
    pub(crate) fn resource_of(&self, function: &str) -> String {
        let found = self.functions.iter().find(|found| found.name == function);
        found.map(|found| found.resource.clone()).unwrap_or_default()
    }

    /// Adds a value that a service of AWS's tells, if that is asked for.
    pub(crate) fn vend(&mut self, metric: Vended<'_>, at: Timestamp, value: f64) {
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

    /// What a request asks of the cloud itself, if it does.
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
            let admitted = self.quotas.admit(&request.action(), &request.place(), now);
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
        let place = &request.place();
        let output = match request.service.as_str() {
            "cloudwatch" => {
                if *operation == "PutMetricData" && body.len() > MAX_CALL {
                    let message = "The request is larger than a megabyte";
                    return Err(AwsError::new("RequestEntityTooLarge", message).with_status(413));
                }
                let output = self.cloudwatch.call(operation, input, self.clock.now())?;
                return Ok(cbor::encode(&output).into());
            }
            "sts" => return self.sts.call(operation, body),
            "codeconnections" | "codestar-connections" => self.connections.call(region, operation, &input)?,
            "codepipeline" => self.codepipeline.call(place, operation, input)?,
            "dynamodb" => {
                let metered = (!self.quotas.is_empty()).then(|| self.clock.now());
                let answer = self.dynamodb.call_metered(operation, input, metered);
                answer.inspect_err(|error| self.note_exceeded(error, "dynamodb partition"))?
            }
            "athena" => {
                let metered = (!self.quotas.is_empty()).then(|| self.clock.now());
                let answer = self.athena.call_metered(operation, input, &self.lake, metered);
                answer.inspect_err(|error| self.note_exceeded(error, "athena queries"))?
            }
            "firehose" => self.firehose.call(operation, input, self.clock.now())?,
            "events" => self.events.call(operation, &input, &self.troubles)?,
            "lambda" => self.function(operation, &request.resource)?,
            "secretsmanager" => match &self.secret {
                Some(secret) => secret.call(operation, &input)?,
                None => return Err(Secret::not_found()),
            },
            "sqs" => self.queue(place, operation, &input)?,
            "ssm" => self.ssm.call(place, operation, &input)?,
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

    /// Answers an operation of Lambda that needs no function to run.
    fn function(&self, operation: &str, name: &str) -> Result<Value, AwsError> {
        if operation != "GetFunctionConfiguration" {
            return Err(AwsError::not_implemented("lambda", operation));
        }
        let Some(function) = self.functions.iter().find(|function| function.resource == name) else {
            return Err(AwsError::no_such_function(name));
        };
        Ok(json!({
            "FunctionName": name,
            "Runtime": "provided.al2023",
            "State": "Active",
            "LastUpdateStatus": "Successful",
            "Timeout": function.timeout.as_secs(),
            "MemorySize": function.memory,
            "Environment": {"Variables": function.environment},
        }))
    }

    /// Answers an operation of SQS that needs none of the cloud's own queues to be looked at.
    fn queue(&mut self, place: &Place, operation: &str, input: &Value) -> Result<Value, AwsError> {
        let text = |name: &str| input[name].as_str().unwrap_or_default();
        match operation {
            "GetQueueUrl" => {
                let name = text("QueueName");
                match self.queues.contains(name) || name == self.tooling_undelivered {
                    true => Ok(json!({"QueueUrl": format!("https://sqs/{name}")})),
                    false => Err(AwsError::no_such_queue(name)),
                }
            }
            "SendMessage" => {
                let name = text("QueueUrl").rsplit('/').next().unwrap_or_default();
                if !self.queues.contains(name) {
                    return Err(AwsError::no_such_queue(name));
                }
                self.sent.push((name.to_owned(), text("MessageBody").into()));
                Ok(json!({"MessageId": format!("{name}-sent-{}", self.sent.len())}))
            }
            "GetQueueAttributes" if text("QueueUrl").ends_with(&format!("/{}", self.tooling_undelivered)) => {
                let number = self.undelivered.get(place).copied().unwrap_or_default();
                Ok(json!({"Attributes": {"ApproximateNumberOfMessages": number.to_string()}}))
            }
            _ => Err(AwsError::not_implemented("sqs", operation)),
        }
    }
}

/// The names of a plan's queues.
fn queues(plan: &Plan) -> BTreeSet<String> {
    let feeds =
        plan.consumers.iter().flat_map(|consumer| [&consumer.queue.name, &consumer.queue.dead_letter_queue]);
    feeds.chain([&plan.reconciler.dead_letter_queue, &plan.undelivered]).cloned().collect()
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
