//! What each type of resources needs: the table.
//!
//! Sources: the permissions of each type's handlers in AWS's schemas of CloudFormation resources, which the tests compare; what
//! the AWS provider calls beside them; Service Authorization Reference.

use super::deployed::{API, Deployed, OWN};
use crate::{
    naming::{arn, bucket_arn, partition},
    plan::Resource,
};
use metrics_lib::place::Place;

/// What a deployer needs for some types of resources.
pub(super) struct Right {
    pub(super) sid: &'static str,
    /// The types, by their tokens without the provider: `sqs/queue:Queue`.
    pub(super) types: &'static [&'static str],
    pub(super) actions: &'static [&'static str],
    pub(super) on: fn(&Deployed<'_>) -> Vec<Resource>,
    /// What must hold beside.
    pub(super) when: &'static [When],
}

/// A condition: operator, key and values.
pub(super) type When = (&'static str, &'static str, fn(&Deployed<'_>) -> Vec<String>);

const KEY: &str = "AWS makes up the key's id; the condition limits it to the installation's tag";
const NONE: &str = "the service has no resources for these actions";
/// The tag that every resource of an installation has.
const TAG: &str = "aws:ResourceTag/dora:installation";

/// What each type of resources needs.
pub(super) const RIGHTS: &[Right] = &[
    Right {
        sid: "Api",
        types: &[
            "apigateway/deployment:Deployment",
            "apigateway/integration:Integration",
            "apigateway/method:Method",
            "apigateway/methodSettings:MethodSettings",
            "apigateway/requestValidator:RequestValidator",
            "apigateway/resource:Resource",
            "apigateway/restApi:RestApi",
            "apigateway/restApiPolicy:RestApiPolicy",
            "apigateway/stage:Stage",
        ],
        actions: &[
            "apigateway:DELETE",
            "apigateway:GET",
            "apigateway:PATCH",
            "apigateway:POST",
            "apigateway:PUT",
            "apigateway:UpdateRestApiPolicy",
        ],
        on: |stack| {
            let of = |path: &str| arn("apigateway", &stack.place.region, "", path);
            vec![
                Resource::Arn(of("/restapis")),
                Resource::every(of("/restapis/*"), API),
                Resource::every(of("/tags/*"), API),
            ]
        },
        when: &[],
    },
    Right {
        sid: "ApiAccount",
        types: &["apigateway/account:Account"],
        actions: &["apigateway:GET", "apigateway:PATCH"],
        on: |stack| vec![Resource::Arn(arn("apigateway", &stack.place.region, "", "/account"))],
        when: &[],
    },
    Right {
        sid: "Workgroup",
        types: &["athena/workgroup:Workgroup"],
        actions: &[
            "athena:CreateWorkGroup",
            "athena:DeleteWorkGroup",
            "athena:GetWorkGroup",
            "athena:ListTagsForResource",
            "athena:TagResource",
            "athena:UntagResource",
            "athena:UpdateWorkGroup",
        ],
        on: |stack| vec![stack.one("athena", &format!("workgroup/{}", stack.prefix))],
        when: &[],
    },
    Right {
        sid: "Dashboards",
        types: &["cloudwatch/dashboard:Dashboard"],
        actions: &["cloudwatch:DeleteDashboards", "cloudwatch:GetDashboard", "cloudwatch:PutDashboard"],
        on: |Deployed { prefix, place: Place { account, region }, .. }| {
            let of =
                |name: String| format!("arn:{}:cloudwatch::{account}:dashboard/{name}", partition(region));
            vec![Resource::Arn(of((*prefix).to_owned())), Resource::every(of(format!("{prefix}-*")), OWN)]
        },
        when: &[],
    },
    Right {
        sid: "Alarms",
        types: &["cloudwatch/metricAlarm:MetricAlarm"],
        actions: &[
            "cloudwatch:DeleteAlarms",
            "cloudwatch:ListTagsForResource",
            "cloudwatch:PutMetricAlarm",
            "cloudwatch:TagResource",
            "cloudwatch:UntagResource",
        ],
        on: |stack| vec![stack.own("cloudwatch", "alarm:")],
        when: &[],
    },
    Right {
        sid: "AlarmStates",
        types: &["cloudwatch/metricAlarm:MetricAlarm"],
        actions: &["cloudwatch:DescribeAlarms"],
        on: |stack| {
            let reason = "CloudWatch asks for all alarms of the region when they are looked for";
            vec![Resource::every(
                arn("cloudwatch", &stack.place.region, &stack.place.account, "alarm:*"),
                reason,
            )]
        },
        when: &[],
    },
    Right {
        sid: "Buses",
        types: &["cloudwatch/eventBus:EventBus", "cloudwatch/eventBusPolicy:EventBusPolicy"],
        actions: &[
            "events:CreateEventBus",
            "events:DeleteEventBus",
            "events:DescribeEventBus",
            "events:ListTagsForResource",
            "events:TagResource",
            "events:UntagResource",
            "events:UpdateEventBus",
        ],
        on: |stack| vec![stack.own("events", "event-bus/")],
        when: &[],
    },
    Right {
        sid: "BusPolicies",
        types: &["cloudwatch/eventBusPolicy:EventBusPolicy"],
        actions: &["events:PutPermission", "events:RemovePermission"],
        on: |_| vec![Resource::every("*", NONE)],
        when: &[],
    },
    Right {
        sid: "Rules",
        types: &["cloudwatch/eventRule:EventRule", "cloudwatch/eventTarget:EventTarget"],
        actions: &[
            "events:DeleteRule",
            "events:DescribeRule",
            "events:ListTagsForResource",
            "events:ListTargetsByRule",
            "events:PutRule",
            "events:PutTargets",
            "events:RemoveTargets",
            "events:TagResource",
            "events:UntagResource",
        ],
        // Of the default bus, and of the installation's own.
        on: |stack| vec![stack.own("events", "rule/")],
        when: &[],
    },
    Right {
        sid: "Logs",
        types: &[
            "cloudwatch/logGroup:LogGroup",
            "cloudwatch/logMetricFilter:LogMetricFilter",
            "cloudwatch/logStream:LogStream",
        ],
        actions: &[
            "logs:AssociateKmsKey",
            "logs:CreateLogGroup",
            "logs:CreateLogStream",
            "logs:DeleteLogGroup",
            "logs:DeleteLogStream",
            "logs:DeleteMetricFilter",
            "logs:DeleteRetentionPolicy",
            "logs:DescribeLogStreams",
            "logs:DescribeMetricFilters",
            "logs:DisassociateKmsKey",
            "logs:ListTagsForResource",
            "logs:PutMetricFilter",
            "logs:PutRetentionPolicy",
            "logs:TagResource",
            "logs:UntagResource",
        ],
        on: |stack| stack.log_groups(),
        when: &[],
    },
    Right {
        sid: "LogGroups",
        types: &["cloudwatch/logGroup:LogGroup"],
        actions: &["logs:DescribeLogGroups"],
        on: |_| vec![Resource::every("*", NONE)],
        when: &[],
    },
    Right {
        sid: "Table",
        types: &["dynamodb/table:Table"],
        actions: &[
            "dynamodb:CreateTable",
            "dynamodb:DeleteTable",
            "dynamodb:DescribeContinuousBackups",
            "dynamodb:DescribeTable",
            "dynamodb:DescribeTimeToLive",
            "dynamodb:ListTagsOfResource",
            "dynamodb:TagResource",
            "dynamodb:UntagResource",
            "dynamodb:UpdateContinuousBackups",
            "dynamodb:UpdateTable",
            "dynamodb:UpdateTimeToLive",
        ],
        on: |stack| vec![stack.own("dynamodb", "table/")],
        when: &[],
    },
    Right {
        sid: "Databases",
        types: &["glue/catalogDatabase:CatalogDatabase"],
        actions: &["glue:CreateDatabase", "glue:GetDatabase", "glue:UpdateDatabase"],
        on: |stack| vec![stack.one("glue", "catalog"), stack.database()],
        when: &[],
    },
    // Whoever deletes a database needs it for all that is in it.
    Right {
        sid: "Tables",
        types: &["glue/catalogDatabase:CatalogDatabase", "glue/catalogTable:CatalogTable"],
        actions: &[
            "glue:CreateTable",
            "glue:DeleteDatabase",
            "glue:DeleteTable",
            "glue:GetPartitionIndexes",
            "glue:GetTable",
            "glue:UpdateTable",
        ],
        on: |stack| {
            let tables = arn(
                "glue",
                &stack.place.region,
                &stack.place.account,
                &format!("table/{}/*", stack.database_name()),
            );
            vec![stack.one("glue", "catalog"), stack.database(), Resource::every(tables, OWN)]
        },
        when: &[],
    },
    Right {
        sid: "CatalogTags",
        types: &["glue/catalogDatabase:CatalogDatabase"],
        actions: &["glue:GetTags", "glue:TagResource", "glue:UntagResource"],
        on: |stack| vec![stack.database()],
        when: &[],
    },
    Right {
        sid: "Roles",
        types: &["iam/role:Role", "iam/rolePolicy:RolePolicy"],
        actions: &[
            "iam:CreateRole",
            "iam:DeleteRole",
            "iam:DeleteRolePolicy",
            "iam:GetRole",
            "iam:GetRolePolicy",
            "iam:ListAttachedRolePolicies",
            "iam:ListInstanceProfilesForRole",
            "iam:ListRolePolicies",
            "iam:PutRolePolicy",
            "iam:TagRole",
            "iam:UntagRole",
            "iam:UpdateAssumeRolePolicy",
            "iam:UpdateRole",
            "iam:UpdateRoleDescription",
        ],
        on: |stack| vec![stack.own_roles()],
        when: &[],
    },
    Right {
        sid: "PassRoles",
        types: &["iam/role:Role"],
        actions: &["iam:PassRole"],
        on: |stack| vec![stack.own_roles()],
        when: &[("StringEquals", "iam:PassedToService", |stack| stack.services())],
    },
    Right {
        sid: "ServiceRoles",
        types: &["apigateway/restApi:RestApi", "wafv2/webAclLoggingConfiguration:WebAclLoggingConfiguration"],
        actions: &["iam:CreateServiceLinkedRole"],
        // Once an account. Sources: API Gateway developer guide and AWS WAF developer guide, "Using service-linked roles".
        on: |stack| {
            let of = |role: &str| {
                let path = format!("role/aws-service-role/{role}");
                Resource::Arn(format!(
                    "arn:{}:iam::{}:{path}",
                    partition(&stack.place.region),
                    &stack.place.account
                ))
            };
            vec![
                of("ops.apigateway.amazonaws.com/AWSServiceRoleForAPIGateway"),
                of("wafv2.amazonaws.com/AWSServiceRoleForWAFV2Logging"),
            ]
        },
        when: &[],
    },
    Right {
        sid: "Stream",
        types: &["kinesis/firehoseDeliveryStream:FirehoseDeliveryStream"],
        actions: &[
            "firehose:CreateDeliveryStream",
            "firehose:DeleteDeliveryStream",
            "firehose:DescribeDeliveryStream",
            "firehose:ListTagsForDeliveryStream",
            "firehose:StartDeliveryStreamEncryption",
            "firehose:StopDeliveryStreamEncryption",
            "firehose:TagDeliveryStream",
            "firehose:UntagDeliveryStream",
            "firehose:UpdateDestination",
        ],
        on: |stack| vec![stack.own("firehose", "deliverystream/")],
        when: &[],
    },
    Right {
        sid: "NewKey",
        types: &["kms/key:Key"],
        actions: &["kms:CreateKey", "kms:TagResource"],
        on: |_| {
            vec![Resource::every(
                "*",
                "a key has no ARN before it is made; the condition limits it to the installation's tag",
            )]
        },
        when: &[("StringEquals", "aws:RequestTag/dora:installation", |stack| stack.installation())],
    },
    Right {
        sid: "Key",
        types: &["kms/alias:Alias", "kms/key:Key"],
        actions: &[
            "kms:CancelKeyDeletion",
            "kms:CreateAlias",
            "kms:Decrypt",
            "kms:DeleteAlias",
            "kms:DescribeKey",
            "kms:DisableKey",
            "kms:DisableKeyRotation",
            "kms:EnableKey",
            "kms:EnableKeyRotation",
            "kms:Encrypt",
            "kms:GenerateDataKey",
            "kms:GetKeyPolicy",
            "kms:GetKeyRotationStatus",
            "kms:ListResourceTags",
            "kms:PutKeyPolicy",
            "kms:ScheduleKeyDeletion",
            "kms:TagResource",
            "kms:UntagResource",
            "kms:UpdateAlias",
            "kms:UpdateKeyDescription",
        ],
        on: |stack| {
            vec![Resource::every(arn("kms", &stack.place.region, &stack.place.account, "key/*"), KEY)]
        },
        when: &[("StringEquals", TAG, |stack| stack.installation())],
    },
    // The services that keep something encrypted give themselves the use of the key.
    Right {
        sid: "KeyGrants",
        types: &[
            "dynamodb/table:Table",
            "kinesis/firehoseDeliveryStream:FirehoseDeliveryStream",
            "lambda/function:Function",
        ],
        actions: &["kms:CreateGrant", "kms:RevokeGrant"],
        on: |stack| {
            vec![Resource::every(arn("kms", &stack.place.region, &stack.place.account, "key/*"), KEY)]
        },
        when: &[
            ("StringEquals", TAG, |stack| stack.installation()),
            ("Bool", "kms:GrantIsForAWSResource", |_| vec!["true".to_owned()]),
        ],
    },
    Right {
        sid: "Alias",
        types: &["kms/alias:Alias"],
        actions: &["kms:CreateAlias", "kms:DeleteAlias", "kms:UpdateAlias"],
        on: |stack| vec![stack.one("kms", &format!("alias/{}", stack.prefix))],
        when: &[],
    },
    Right {
        sid: "Aliases",
        types: &["kms/alias:Alias"],
        actions: &["kms:ListAliases"],
        on: |_| vec![Resource::every("*", NONE)],
        when: &[],
    },
    Right {
        sid: "Functions",
        types: &["lambda/function:Function", "lambda/permission:Permission"],
        actions: &[
            "lambda:AddPermission",
            "lambda:CreateFunction",
            "lambda:DeleteFunction",
            "lambda:GetFunction",
            "lambda:GetFunctionCodeSigningConfig",
            "lambda:GetPolicy",
            "lambda:ListTags",
            "lambda:ListVersionsByFunction",
            "lambda:RemovePermission",
            "lambda:TagResource",
            "lambda:UntagResource",
            "lambda:UpdateFunctionCode",
            "lambda:UpdateFunctionConfiguration",
        ],
        on: |stack| vec![stack.own("lambda", "function:")],
        when: &[],
    },
    Right {
        sid: "Mappings",
        types: &["lambda/eventSourceMapping:EventSourceMapping"],
        actions: &[
            "lambda:DeleteEventSourceMapping",
            "lambda:GetEventSourceMapping",
            "lambda:ListTags",
            "lambda:TagResource",
            "lambda:UntagResource",
            "lambda:UpdateEventSourceMapping",
        ],
        on: |stack| {
            let every = arn("lambda", &stack.place.region, &stack.place.account, "event-source-mapping:*");
            vec![Resource::every(every, "Lambda makes up the ids of mappings")]
        },
        when: &[],
    },
    Right {
        sid: "NewMappings",
        types: &["lambda/eventSourceMapping:EventSourceMapping"],
        actions: &["lambda:CreateEventSourceMapping"],
        on: |_| {
            vec![Resource::every(
                "*",
                "Lambda has no resources for this action; the condition limits the functions",
            )]
        },
        when: &[("ArnLike", "lambda:FunctionArn", |stack| {
            vec![arn(
                "lambda",
                &stack.place.region,
                &stack.place.account,
                &format!("function:{}-*", stack.prefix),
            )]
        })],
    },
    Right {
        sid: "Buckets",
        types: &[
            "s3/bucket:Bucket",
            "s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
            "s3/bucketOwnershipControls:BucketOwnershipControls",
            "s3/bucketPolicy:BucketPolicy",
            "s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
            "s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
            "s3/bucketVersioning:BucketVersioning",
        ],
        // The provider reads all that a bucket can have, to see what somebody has changed.
        actions: &[
            "s3:CreateBucket",
            "s3:DeleteBucket",
            "s3:DeleteBucketPolicy",
            "s3:GetAccelerateConfiguration",
            "s3:GetBucketAcl",
            "s3:GetBucketCORS",
            "s3:GetBucketLocation",
            "s3:GetBucketLogging",
            "s3:GetBucketObjectLockConfiguration",
            "s3:GetBucketOwnershipControls",
            "s3:GetBucketPolicy",
            "s3:GetBucketPublicAccessBlock",
            "s3:GetBucketRequestPayment",
            "s3:GetBucketTagging",
            "s3:GetBucketVersioning",
            "s3:GetBucketWebsite",
            "s3:GetEncryptionConfiguration",
            "s3:GetLifecycleConfiguration",
            "s3:GetReplicationConfiguration",
            "s3:ListBucket",
            "s3:ListTagsForResource",
            "s3:PutBucketOwnershipControls",
            "s3:PutBucketPolicy",
            "s3:PutBucketPublicAccessBlock",
            "s3:PutBucketTagging",
            "s3:PutBucketVersioning",
            "s3:PutEncryptionConfiguration",
            "s3:PutLifecycleConfiguration",
            "s3:TagResource",
            "s3:UntagResource",
        ],
        on: |stack| {
            let names = stack.names("s3/bucket:Bucket", "bucket");
            names.map(|name| Resource::Arn(bucket_arn(&stack.place.region, name))).collect()
        },
        when: &[],
    },
    Right {
        sid: "Schedules",
        types: &["scheduler/schedule:Schedule"],
        actions: &[
            "scheduler:CreateSchedule",
            "scheduler:DeleteSchedule",
            "scheduler:GetSchedule",
            "scheduler:UpdateSchedule",
        ],
        on: |stack| vec![stack.own("scheduler", "schedule/default/")],
        when: &[],
    },
    Right {
        sid: "Secrets",
        types: &["secretsmanager/secret:Secret", "secretsmanager/secretVersion:SecretVersion"],
        actions: &[
            "secretsmanager:CreateSecret",
            "secretsmanager:DeleteSecret",
            "secretsmanager:DescribeSecret",
            "secretsmanager:GetResourcePolicy",
            "secretsmanager:GetSecretValue",
            "secretsmanager:PutSecretValue",
            "secretsmanager:TagResource",
            "secretsmanager:UntagResource",
            "secretsmanager:UpdateSecret",
            "secretsmanager:UpdateSecretVersionStage",
        ],
        on: |stack| vec![stack.own("secretsmanager", "secret:")],
        when: &[],
    },
    Right {
        sid: "Topics",
        types: &["sns/topic:Topic", "sns/topicPolicy:TopicPolicy", "sns/topicSubscription:TopicSubscription"],
        actions: &[
            "sns:CreateTopic",
            "sns:DeleteTopic",
            "sns:GetTopicAttributes",
            "sns:ListSubscriptionsByTopic",
            "sns:ListTagsForResource",
            "sns:SetTopicAttributes",
            "sns:Subscribe",
            "sns:TagResource",
            "sns:UntagResource",
        ],
        on: |stack| vec![stack.own("sns", "")],
        when: &[],
    },
    Right {
        sid: "Subscriptions",
        types: &["sns/topicSubscription:TopicSubscription"],
        actions: &["sns:GetSubscriptionAttributes", "sns:SetSubscriptionAttributes", "sns:Unsubscribe"],
        on: |_| vec![Resource::every("*", NONE)],
        when: &[],
    },
    Right {
        sid: "Queues",
        types: &["sqs/queue:Queue", "sqs/queuePolicy:QueuePolicy"],
        actions: &[
            "sqs:CreateQueue",
            "sqs:DeleteQueue",
            "sqs:GetQueueAttributes",
            "sqs:GetQueueUrl",
            "sqs:ListQueueTags",
            "sqs:SetQueueAttributes",
            "sqs:TagQueue",
            "sqs:UntagQueue",
        ],
        on: |stack| vec![stack.own("sqs", "")],
        when: &[],
    },
    Right {
        sid: "Firewall",
        types: &["wafv2/ipSet:IpSet", "wafv2/webAcl:WebAcl"],
        actions: &[
            "wafv2:CreateIPSet",
            "wafv2:CreateWebACL",
            "wafv2:DeleteIPSet",
            "wafv2:DeleteWebACL",
            "wafv2:GetIPSet",
            "wafv2:GetWebACL",
            "wafv2:ListTagsForResource",
            "wafv2:TagResource",
            "wafv2:UntagResource",
            "wafv2:UpdateIPSet",
            "wafv2:UpdateWebACL",
        ],
        on: |stack| vec![stack.own("wafv2", "regional/ipset/"), stack.own("wafv2", "regional/webacl/")],
        when: &[],
    },
    Right {
        sid: "FirewallUse",
        types: &["wafv2/webAclAssociation:WebAclAssociation"],
        actions: &["wafv2:AssociateWebACL", "wafv2:GetWebACLForResource"],
        on: |stack| vec![stack.own("wafv2", "regional/webacl/"), stack.stages()],
        when: &[],
    },
    Right {
        sid: "FirewallDisuse",
        types: &["wafv2/webAclAssociation:WebAclAssociation"],
        actions: &["wafv2:DisassociateWebACL"],
        on: |stack| vec![stack.stages()],
        when: &[],
    },
    Right {
        sid: "FirewallStages",
        types: &["wafv2/webAclAssociation:WebAclAssociation"],
        actions: &["apigateway:SetWebACL"],
        on: |stack| vec![stack.stages()],
        when: &[],
    },
    Right {
        sid: "FirewallLogs",
        types: &["wafv2/webAclLoggingConfiguration:WebAclLoggingConfiguration"],
        actions: &[
            "wafv2:DeleteLoggingConfiguration",
            "wafv2:GetLoggingConfiguration",
            "wafv2:PutLoggingConfiguration",
        ],
        on: |stack| vec![stack.own("wafv2", "regional/webacl/")],
        when: &[],
    },
    // Source: AWS WAF developer guide, "Sending web ACL traffic logs to an Amazon CloudWatch Logs log group".
    Right {
        sid: "FirewallLogDelivery",
        types: &["wafv2/webAclLoggingConfiguration:WebAclLoggingConfiguration"],
        actions: &[
            "logs:CreateLogDelivery",
            "logs:DeleteLogDelivery",
            "logs:DescribeResourcePolicies",
            "logs:PutResourcePolicy",
        ],
        on: |_| vec![Resource::every("*", NONE)],
        when: &[],
    },
];

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    /// No two statements have one name, and no type is there twice in one.
    #[test]
    fn rights_are_told_apart() {
        let sids: BTreeSet<&str> = RIGHTS.iter().map(|right| right.sid).collect();
        assert_eq!(sids.len(), RIGHTS.len());
        for Right { sid, types, actions, .. } in RIGHTS {
            assert!(types.is_sorted() && actions.is_sorted_by(|one, other| one < other), "{sid}");
        }
    }
}
