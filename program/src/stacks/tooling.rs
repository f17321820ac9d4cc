//! The stack of a region of a tooling account: it forwards events, and lets pipelines and `OpsItem`s be read.

use super::{Stack, StackError, tags};
use crate::{
    aws::iam::{Policy, Principal, Role, RolePolicy, Statement},
    components::{
        Actual,
        forwarding::{Forwarding, forwarding},
        queue,
    },
    naming::partition,
    plan::ToolingPlan,
    pulumi::Document,
    settings::ToolingSettings,
};

/// The stack.
pub(super) fn stack(settings: &ToolingSettings, plan: &ToolingPlan) -> Result<Stack, StackError> {
    let names = &settings.names();
    let mut document =
        Document::new(&settings.account, &settings.region, tags(&settings.prefix, &settings.tags));
    let undelivered = queue::undelivered(&mut document, &names.undelivered(), None);
    let own = Forwarding {
        rules: &plan.rules,
        permissions: &plan.forward,
        role: names.forward_role(&settings.region),
        undelivered: &undelivered,
    };
    let bus_arn = |bus: &str| names.arn("events", &format!("event-bus/{bus}")).into();
    let rules = forwarding(&mut document, names, &own, bus_arn);
    queue::policy(&mut document, "undelivered", &undelivered, rules);

    // The principal is the account and the roles are a condition: a role that is named as principal is known by an id
    // that it loses when it is made anew.
    let ops = format!("arn:{}:iam::{}:root", partition(&settings.region), settings.ops_account);
    let assume = Statement::allow("Functions", &["sts:AssumeRole"])
        .to(Principal::Aws(vec![ops.into()]))
        .when("ArnEquals", "aws:PrincipalArn", &plan.readers)
        .when("StringEquals", "sts:ExternalId", [names.external_id()]);
    let role = Role {
        name: names.read_role(&settings.region).into(),
        description: "Reads pipelines and OpsItems for DORA metrics".into(),
        assume_role_policy: Policy::of([assume]),
    };
    let role = document.add("read-role", role);
    let policy = RolePolicy {
        name: names.read_role(&settings.region).into(),
        role: role.name(),
        policy: Actual::default().policy(&plan.read),
    };
    document.add("read-policy", policy);
    document.output("readRole", role.arn());
    Ok(Stack { document: document.finish()?, archives: Vec::new() })
}
