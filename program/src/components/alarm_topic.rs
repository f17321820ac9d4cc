//! The topic that alarms are published to.

use super::tls_only;
use crate::{
    aws::{
        iam::{Policy, Principal, Statement},
        kms::Key,
        sns::{Topic, TopicPolicy, TopicSubscription},
    },
    naming::Names,
    pulumi::{Document, Handle},
    settings::Operations,
};

/// The topic, with whoever gets alarms by e-mail.
pub(crate) fn alarm_topic(
    document: &mut Document,
    names: &Names,
    operations: &Operations,
    key: &Handle<Key>,
) -> Handle<Topic> {
    let properties = Topic { name: names.of("alarms").into(), kms_master_key_id: key.arn() };
    let topic = document.add("alarms", properties);
    let publish = Statement::allow("Alarms", ["sns:Publish"])
        .on([topic.arn()])
        .to(Principal::Service("cloudwatch.amazonaws.com".into()))
        .when("StringEquals", "aws:SourceAccount", [names.ops_account()]);
    let policy = Policy::of([tls_only(["sns:Publish"], [topic.arn()]), publish]);
    document.add("alarms-policy", TopicPolicy { arn: topic.arn(), policy });
    for (number, email) in operations.alarm_emails.iter().enumerate() {
        let properties = TopicSubscription { topic: topic.arn(), protocol: "email", endpoint: email.into() };
        document.add(format!("alarms-email-{number}"), properties);
    }
    topic
}
