//! The stack of a region of a tooling account: it forwards events, and lets pipelines and `OpsItem`s be read.

use super::{Stack, StackError, tags};
use crate::{
    aws::iam::{Policy, Principal, Role, RolePolicy, Trust},
    components::{
        Actual,
        forwarding::{Destination, Forwarding, Made, forwarding},
        heartbeat::heartbeat,
        queue,
    },
    naming::partition,
    plan::{Read, ToolingPlan},
    pulumi::{Document, Handle},
    settings::ToolingSettings,
};
use vec1::vec1;

/// The stack.
pub(super) fn stack(settings: &ToolingSettings, plan: &ToolingPlan) -> Result<Stack, StackError> {
    let names = &settings.names();
    let mut document = Document::new(&settings.place(), tags(&settings.prefix, &settings.tags));
    let undelivered = queue::undelivered(&mut document, &names.tooling_undelivered(), None);
    let own = Forwarding {
        rules: &plan.rules,
        permission: &plan.forward,
        role: names.forward_role(&settings.region),
        account: &settings.account,
        undelivered: &undelivered,
    };
    let bus = names.arn("events", &format!("event-bus/{}", names.bus()));
    let destination = Destination { arn: bus.into(), after: None };
    let Made { rules, of_probes } = forwarding(&mut document, names, &own, &destination);
    queue::policy(&mut document, "undelivered", &undelivered, rules);
    if let Some(planned) = &plan.heartbeat {
        heartbeat(&mut document, names, planned, &settings.place(), (&undelivered, None), of_probes);
    }

    if let Some(read) = &plan.read_role {
        let role = read_role(&mut document, settings, read);
        document.output("readRole", role.arn());
    }
    Ok(Stack { document: document.finish()?, archive: None })
}

/// The role that the functions read the account with.
fn read_role(document: &mut Document, settings: &ToolingSettings, read: &Read) -> Handle<Role> {
    let names = &settings.names();
    let name = names.read_role(&settings.region);
    // The principal is the account and the roles are a condition: a role that is named as principal is known by an id
    // that it loses when it is made anew.
    let ops = format!("arn:{}:iam::{}:root", partition(&settings.region), settings.ops_account);
    let assume = Trust::assume("Functions", Principal::Aws(vec1![ops.into()]))
        .when("ArnEquals", "aws:PrincipalArn", &read.readers)
        .when("StringEquals", "sts:ExternalId", [names.external_id()]);
    let role = Role {
        name: name.as_str().into(),
        description: "Reads pipelines and OpsItems for DORA metrics".into(),
        assume_role_policy: Policy::of([assume]),
    };
    let role = document.add("read-role", role);
    let policy = RolePolicy {
        name: name.into(),
        role: role.name(),
        policy: Actual::default().policy(&read.permissions),
    };
    document.add("read-policy", policy);
    role
}
