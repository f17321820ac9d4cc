//! The stack of the operations account: everything but what forwards events and lets itself be read.

use super::{Stack, StackError, tags};
use crate::{
    aws::{
        cloudwatch::Dashboard,
        kms::Key,
        secretsmanager::{Secret, SecretVersion},
    },
    components::{
        Actual,
        alarm_topic::alarm_topic,
        alarms::alarms,
        commit_lake::commit_lake,
        encryption, event_route,
        forwarding::{Destination, Forwarding, forwarding},
        function::{ARCHIVE, function},
        heartbeat::heartbeat,
        ledger::ledger,
        queue,
        schedule::schedule,
        webhook_api::webhook_api,
    },
    dashboard::{self, Transport},
    plan::{self, CommitIngestion, Plan},
    pulumi::{Document, Handle, Json, Options, Text},
    settings::{Settings, WEBHOOK_SECRET},
};

/// The stack.
pub(super) fn stack(settings: &Settings, plan: &Plan) -> Result<Stack, StackError> {
    let names = &settings.names();
    let operations = &settings.operations;
    let mut document = Document::new(&settings.place(), tags(&settings.prefix, &operations.tags));
    let key = &encryption::key(&mut document, names);
    let topic = alarm_topic(&mut document, names, operations, key);
    let ledger = ledger(&mut document, &plan.ledger, key);
    let undelivered = &queue::undelivered(&mut document, &names.undelivered(), Some(key));

    let mut rules = Vec::new();
    let bus = event_route::bus(&mut document, &plan.bus, settings);
    for consumer in &plan.consumers {
        let name = consumer.function.name;
        let actual = Actual { key: Some(key), secret: None };
        let deployed = function(&mut document, &consumer.function, operations, key, actual);
        let queue = queue::with_dead_letters(&mut document, names, name, &consumer.queue, key);
        let planned = plan.bus.rules.iter().filter(|rule| rule.targets.contains(&consumer.queue.name));
        let own = event_route::rules(&mut document, names, planned, &bus.bus, &queue, undelivered);
        queue::policy(&mut document, &format!("{name}-queue"), &queue, own.clone());
        rules.extend(own);
        event_route::feed(&mut document, consumer, &queue, &deployed, [ledger.itself()]);
    }

    let actual = Actual { key: Some(key), secret: None };
    let reconciler = function(&mut document, &plan.reconciler.function, operations, key, actual);
    schedule(&mut document, names, &plan.reconciler, key, &reconciler, [ledger.itself()]);
    let actual = Actual { key: Some(key), secret: None };
    function(&mut document, &plan.widget, operations, key, actual);

    let forward = plan::forward(names);
    let own = Forwarding {
        rules: &plan.ops_rules,
        permission: &forward,
        role: names.ops_forward_role(),
        account: names.ops_account(),
        undelivered,
    };
    let destination = Destination { arn: bus.bus.arn(), after: Some(bus.policy.itself()) };
    let forwarded = forwarding(&mut document, names, &own, &destination);
    rules.extend(forwarded.rules);
    queue::policy(&mut document, "undelivered", undelivered, rules);
    heartbeat(
        &mut document,
        names,
        &plan.heartbeat,
        &settings.place(),
        (undelivered, Some(key)),
        forwarded.of_probes,
    );

    match &plan.commit_ingestion {
        Some(commit_ingestion) => {
            let url = commit_ingestion_of(&mut document, settings, commit_ingestion, key);
            document.output("webhookUrl", url);
        }
        None => {
            document.output("webhookUrl", "none: lead time is not measured, because webhookSecret is not set")
        }
    }
    alarms(&mut document, names, &plan.alarms, &topic);
    for (name, body) in dashboard::cloudwatch(settings, &Transport::from(plan))? {
        let resource = format!("dashboard-{name}");
        document
            .add(resource, Dashboard { dashboard_name: name.into(), dashboard_body: Json::literal(body) });
    }
    document.output("alarmTopic", topic.arn());
    document.output("ledgerTable", ledger.name());
    Ok(Stack { document: document.finish()?, archive: Some(ARCHIVE) })
}

/// The way of GitHub's webhooks. Returns the URL that GitHub is to call.
fn commit_ingestion_of(
    document: &mut Document,
    settings: &Settings,
    commit_ingestion: &CommitIngestion,
    key: &Handle<Key>,
) -> Text {
    let secret = Secret {
        name: commit_ingestion.secret.as_str().into(),
        description: "What GitHub signs webhooks with for DORA metrics".into(),
        kms_key_id: key.arn(),
        // Whoever deletes it has its value in the configuration; one that waits for its deletion would keep the same
        // installation from being made again.
        recovery_window_in_days: 0,
    };
    let secret = document.add("webhook-secret", secret);
    let value = SecretVersion { secret_id: secret.id(), secret_string: document.secret(WEBHOOK_SECRET) };
    // A new value must not take the previous one away: until GitHub knows the new one, both are in use.
    let options = Options { retain_on_delete: true, ..Options::default() };
    document.add_with("webhook-secret-value", value, options);
    let actual = Actual { key: Some(key), secret: Some(&secret) };
    let webhook = function(document, &commit_ingestion.webhook, &settings.operations, key, actual);
    let transform = function(document, &commit_ingestion.transform, &settings.operations, key, actual);
    commit_lake(document, settings, commit_ingestion, key, &transform);
    webhook_api(document, settings, &commit_ingestion.gate, key, &webhook)
}
