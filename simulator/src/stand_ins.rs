//! What a plan's stacks create, as the stand-ins for AWS know it.

use crate::changes_statement::changes;
use fake_aws::{
    MetricKey,
    resources::{
        Catalogue, DeliveryStream, Function, Index, KEY, PRINCIPAL_ACCOUNT, Queue, Resources, Role, Rule,
        SECRET, Statement, Table, User,
    },
};
use metrics_lib::{
    contract::{Metric, dimension},
    lake::{self, CHANGES_STATEMENT},
    place::Place,
};
use program::{
    access,
    naming::{arn, domain, partition},
    plan::{self, Plan, Resource, RoleStatement, incident_read_role, read_role},
    settings::places,
};

/// What GitHub signs with on this machine.
pub(crate) const WEBHOOK_SECRET: &str = "the secret of the single-machine cloud";
/// The user who operates the installation.
pub(crate) const OPERATOR: &str = "operator";

/// The resources of a plan.
pub fn resources(plan: &Plan) -> Resources {
    let commit_ingestion = plan.commit_ingestion.as_ref();
    Resources {
        account: plan.ops_account.clone(),
        region: plan.region.clone(),
        partition: partition(&plan.region),
        domain: domain(&plan.region),
        organization: plan.organization.as_ref().map(|organization| organization.id.clone()),
        roles: roles(plan),
        users: vec![User { name: OPERATOR.to_owned(), statements: statements(&access::operator(plan)) }],
        alarms: plan.alarms.iter().map(|alarm| alarm.name.clone()).collect(),
        tables: vec![table(&plan.ledger)],
        functions: functions(plan),
        queues: queues(plan),
        queue_everywhere: plan.tooling_undelivered.clone(),
        rules: rules(plan),
        stream: commit_ingestion.map(|commit_ingestion| stream(&commit_ingestion.stream)),
        catalogue: commit_ingestion.map(catalogue),
        secret: commit_ingestion.map(|of| (of.secret.clone(), WEBHOOK_SECRET.to_owned())),
    }
}

/// The functions of a plan.
pub(crate) fn functions(plan: &Plan) -> Vec<Function> {
    let function = |function: &plan::Function| Function {
        name: function.resource.clone(),
        log_group: function.log_group.clone(),
        timeout: function.timeout,
        memory: function.memory,
        environment: function.environment.clone(),
    };
    plan.functions().map(function).collect()
}

/// A table.
pub fn table(table: &plan::Table) -> Table {
    let (name, partition_key, sort_key) = table.index;
    Table {
        name: table.name.clone(),
        partition_key: table.partition_key.to_owned(),
        sort_key: table.sort_key.to_owned(),
        index: Index {
            name: name.to_owned(),
            partition_key: partition_key.to_owned(),
            sort_key: sort_key.to_owned(),
        },
    }
}

/// A metric of the contract: of a repository, or of all together.
pub fn metric_key(metric: Metric, repository: Option<&str>) -> MetricKey {
    let by_repository = |name: &str| (dimension::REPOSITORY.to_owned(), name.to_owned());
    MetricKey {
        namespace: metric.namespace().name().to_owned(),
        name: metric.name().to_owned(),
        dimensions: repository.map(by_repository).into_iter().collect(),
        unit: metric.unit().name().to_owned(),
    }
}

/// The roles of the functions, and the read roles of the accounts that are listed and of those of the organisation.
fn roles(plan: &Plan) -> Vec<Role> {
    let of_functions = plan.functions().map(|function| Role {
        account: Some(plan.ops_account.clone()),
        name: function.resource.clone(),
        external_id: None,
        statements: statements(&function.permissions),
    });
    let reader = |place: &Place, policy: fn(&Place, &str) -> Vec<RoleStatement>| Role {
        account: Some(place.account.clone()).filter(|account| account != PRINCIPAL_ACCOUNT),
        name: plan.read_role.arn_in(place).rsplit('/').next().unwrap_or_default().to_owned(),
        external_id: Some(plan.read_role.external_id.clone()),
        statements: statements(&policy(place, &plan.tooling_undelivered)),
    };
    let tooling = places(&plan.tooling_accounts).map(|place| reader(&place, read_role));
    let incidents = places(&plan.incident_accounts).map(|place| reader(&place, incident_read_role));
    let regions = plan.organization.iter().flat_map(|organization| &organization.regions);
    let members = regions.map(|region| reader(&Place::new(PRINCIPAL_ACCOUNT, region), read_role));
    of_functions.chain(tooling).chain(incidents).chain(members).collect()
}

fn statements(statements: &[RoleStatement]) -> Vec<Statement> {
    let resource = |resource: &Resource| match resource {
        Resource::Arn(arn) | Resource::Every { pattern: arn, .. } => arn.clone(),
        Resource::Key => KEY.to_owned(),
        Resource::Secret => SECRET.to_owned(),
    };
    let statement = |statement: &RoleStatement| Statement {
        actions: statement.actions.iter().map(|action| (*action).to_owned()).collect(),
        resources: statement.resources.iter().map(resource).collect(),
        condition: statement.conditions.first().map(|of| (of.key.to_owned(), of.values.to_vec())),
    };
    statements.iter().map(statement).collect()
}

fn queues(plan: &Plan) -> Vec<Queue> {
    let feeds = plan.consumers.iter().map(|consumer| Queue {
        name: consumer.queue.name.clone(),
        dead_letter_queue: Some(consumer.queue.dead_letter_queue.clone()),
    });
    let others = [&plan.reconciler.dead_letter_queue, &plan.undelivered];
    let others = others.map(|name| Queue { name: name.clone(), dead_letter_queue: None });
    feeds.chain(others).collect()
}

/// The rules of the operations account.
fn rules(plan: &Plan) -> Vec<Rule> {
    let own = |service, resource: &str| arn(service, &plan.region, &plan.ops_account, resource);
    let bus = |bus: &String| own("events", &format!("event-bus/{bus}"));
    let queue = |queue: &String| own("sqs", queue);
    let on = |bus: &str, rule: &plan::Rule, target: &dyn Fn(&String) -> String| Rule {
        bus: bus.to_owned(),
        name: rule.name.clone(),
        pattern: rule.pattern.clone(),
        targets: rule.targets.iter().map(target).collect(),
    };
    let default = plan.ops_rules.iter().map(|rule| on("default", rule, &bus));
    default.chain(plan.bus.rules.iter().map(|rule| on(&plan.bus.name, rule, &queue))).collect()
}

fn stream(stream: &plan::DeliveryStream) -> DeliveryStream {
    DeliveryStream {
        name: stream.name.clone(),
        buffer_interval: stream.buffer_interval,
        buffer_size: stream.buffer_size,
    }
}

fn catalogue(commit_ingestion: &plan::CommitIngestion) -> Catalogue {
    Catalogue {
        workgroup: commit_ingestion.workgroup.clone(),
        database: commit_ingestion.database.clone(),
        table: lake::TABLE.to_owned(),
        bucket: commit_ingestion.bucket.clone(),
        results_bucket: commit_ingestion.results_bucket.clone(),
        statements: vec![(CHANGES_STATEMENT, changes)],
    }
}
