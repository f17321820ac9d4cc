//! The key that encrypts what the installation stores.

use crate::{
    aws::{
        iam::{Policy, Principal, Statement},
        kms::{Alias, Key},
    },
    naming::{Names, partition, service_domain},
    pulumi::{Document, Handle, Options, Text},
};
use vec1::vec1;

/// The key of an installation. Losing it is losing the data, so it is protected.
pub(crate) fn key(document: &mut Document, names: &Names) -> Handle<Key> {
    let account = names.ops_account();
    let root = format!("arn:{}:iam::{account}:root", partition(names.region()));
    // The usual first statement of a key's policy: without it nobody could ever change the policy again.
    let by_policies =
        Statement::allow("AccountPolicies", ["kms:*"]).on_all().to(Principal::Aws(vec1![root.into()]));
    let logs = Statement::allow(
        "Logs",
        ["kms:Decrypt*", "kms:Describe*", "kms:Encrypt*", "kms:GenerateDataKey*", "kms:ReEncrypt*"],
    )
    .on_all()
    .to(Principal::Service(service_domain("logs", names.region()).into()))
    .when("ArnLike", "kms:EncryptionContext:aws:logs:arn", [names.arn("logs", "log-group:*")]);
    // Rules put events on encrypted queues, alarms publish to an encrypted topic.
    let publisher = |sid: &str, service: &'static str| {
        Statement::allow(sid, ["kms:Decrypt", "kms:GenerateDataKey*"])
            .on_all()
            .to(Principal::Service(service.into()))
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
