//! What somebody needs who operates an installation with `cargo dora doctor`, `explain`, `backfill` and `redrive`.

use crate::{
    naming::{arn, service_domain},
    plan::Plan,
    statement::{Resource, RoleStatement, on},
};
use metrics_lib::contract::ledger::TIMELINE_INDEX;
use vec1::{Vec1, vec1};

/// What an operator's commands call, on exactly what they call it on: the single-machine cloud refuses anything else.
pub fn operator(plan: &Plan) -> Vec<RoleStatement> {
    let functions = plan.functions().map(|function| function_arn(plan, &function.resource));
    let consumers = || plan.consumers.iter().map(|consumer| &consumer.queue);
    let queue = |name: &str| Resource::Arn(own(plan, "sqs", name));
    let dead_letters = consumers().map(|each| queue(&each.dead_letter_queue));
    let others = [&plan.undelivered, &plan.reconciler.dead_letter_queue].map(|name| queue(name));
    let table = own(plan, "dynamodb", &format!("table/{}", plan.ledger.name));
    let alarms = Resource::every(
        own(plan, "cloudwatch", "alarm:*"),
        "CloudWatch asks for all alarms of the region when they are looked for",
    );
    let mut statements = Vec::new();
    let mut add = |sid: &str, actions: &[&'static str], resources: Vec<Resource>| {
        if let (Ok(actions), Some(resources)) = (Vec1::try_from(actions.to_vec()), super::all(resources)) {
            statements.push(on(sid, actions, resources));
        }
    };
    let all_queues = dead_letters.clone().chain(others).chain(consumers().map(|each| queue(&each.name)));
    add("Find", &["lambda:GetFunctionConfiguration"], functions.collect());
    add("Ask", &["lambda:InvokeFunction"], vec![function_arn(plan, &plan.reconciler.function.resource)]);
    add(
        "Ledger",
        &["dynamodb:Query"],
        vec![Resource::Arn(table.clone()), Resource::Arn(format!("{table}/index/{TIMELINE_INDEX}"))],
    );
    add(
        "Figures",
        &["cloudwatch:GetMetricData"],
        vec![Resource::every("*", "CloudWatch has no resources for this action")],
    );
    add("Alarms", &["cloudwatch:DescribeAlarms"], vec![alarms]);
    add("Rules", &["events:DescribeRule", "events:ListTargetsByRule"], rules(plan));
    add("Queues", &["sqs:GetQueueAttributes", "sqs:GetQueueUrl"], all_queues.collect());
    add(
        "DeadLetters",
        &["sqs:DeleteMessage", "sqs:ListMessageMoveTasks", "sqs:ReceiveMessage", "sqs:StartMessageMoveTask"],
        dead_letters.collect(),
    );
    add("Undelivered", &["sqs:DeleteMessage", "sqs:ReceiveMessage"], vec![queue(&plan.undelivered)]);
    add("PutBack", &["sqs:SendMessage"], consumers().map(|each| queue(&each.name)).collect());
    if plan.commit_ingestion.is_some() {
        add("Secret", &["secretsmanager:GetSecretValue"], vec![Resource::Secret]);
    }
    let default_bus = Resource::Arn(own(plan, "events", "event-bus/default"));
    let source = plan.probe_source.clone();
    statements.push(on("Probe", ["events:PutEvents"], [default_bus]).when(
        "StringEquals",
        "events:source",
        [source],
    ));
    // Who puts a message back on an encrypted queue makes a data key for it.
    let mut decrypts = vec1!["dynamodb", "sqs"];
    if plan.commit_ingestion.is_some() {
        decrypts.push("secretsmanager");
    }
    for (sid, action, services) in
        [("Decrypt", "kms:Decrypt", decrypts), ("Encrypt", "kms:GenerateDataKey", vec1!["sqs"])]
    {
        let via = services.mapped(|service| service_domain(service, &plan.region));
        statements.push(on(sid, [action], [Resource::Key]).when("StringEquals", "kms:ViaService", via));
    }
    statements
}

fn function_arn(plan: &Plan, function: &str) -> Resource {
    Resource::Arn(own(plan, "lambda", &format!("function:{function}")))
}

/// The rules of the default bus, and those of the installation's.
fn rules(plan: &Plan) -> Vec<Resource> {
    let rule = |name: String| Resource::Arn(own(plan, "events", &format!("rule/{name}")));
    let own = plan.ops_rules.iter().map(|of| of.name.clone());
    let on_bus = plan.bus.rules.iter().map(|of| format!("{}/{}", plan.bus.name, of.name));
    own.chain(on_bus).map(rule).collect()
}

/// The ARN of something of the operations account.
fn own(plan: &Plan, service: &str, resource: &str) -> String {
    arn(service, &plan.region, &plan.ops_account, resource)
}
