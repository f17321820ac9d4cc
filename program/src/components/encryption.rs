//! The key that encrypts what the installation stores.

use crate::{
    aws::{
        iam::{Policy, Principal, Statement},
        kms::{Alias, Key},
    },
    naming::{Names, partition},
    pulumi::{Document, Handle, Options, Text},
};

/// The key of an installation. Losing it is losing the data, so it is protected.
pub(crate) fn key(document: &mut Document, names: &Names) -> Handle<Key> {
    let account = names.ops_account();
    let root = format!("arn:{}:iam::{account}:root", partition(names.region()));
    // The usual first statement of a key's policy: without it nobody could ever change the policy again.
    let by_policies =
        Statement::allow("AccountPolicies", &["kms:*"]).to(Principal::Aws(vec![root.into()])).on_all();
    let logs = Statement::allow(
        "Logs",
        &["kms:Decrypt*", "kms:Describe*", "kms:Encrypt*", "kms:GenerateDataKey*", "kms:ReEncrypt*"],
    )
    .to(Principal::Service(format!("logs.{}.amazonaws.com", names.region()).into()))
    .on_all()
    .when("ArnLike", "kms:EncryptionContext:aws:logs:arn", [names.arn("logs", "log-group:*")]);
    // Rules put events on encrypted queues, alarms publish to an encrypted topic.
    let publisher = |sid: &str, service: &'static str| {
        Statement::allow(sid, &["kms:Decrypt", "kms:GenerateDataKey*"])
            .to(Principal::Service(service.into()))
            .on_all()
            .when("StringEquals", "aws:SourceAccount", [account])
    };
    let properties = Key {
        description: Text::from("What DORA metrics store: ") + names.of("*"),
        enable_key_rotation: true,
        deletion_window_in_days: 30,
        policy: Policy::of([
            by_policies,
            logs,
            publisher("Rules", "events.amazonaws.com"),
            publisher("Alarms", "cloudwatch.amazonaws.com"),
        ]),
    };
    let key = document.add_with("key", properties, Options::protected());
    document.add("key-alias", Alias { name: names.key_alias().into(), target_key_id: key.output("keyId") });
    key
}
