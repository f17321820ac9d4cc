//! AWS's limits for what a document holds: the sizes of policies, patterns and environments, and the lengths of names.
//!
//! What is too large is refused before anything is made; `pulumi up` would fail in the middle. Where a text refers to what
//! only AWS can name, the longest that it may be is counted.

use serde_json::Value;
use std::{collections::BTreeMap, fmt};

/// The longest ARN or id that a reference stands for: a secret's, with the longest names of this program.
const REFERENCE: usize = 140;

/// Something that AWS limits.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Measure {
    /// The logical name of the resource.
    pub resource: String,
    /// What is measured.
    pub what: &'static str,
    /// How long or how large it is.
    pub size: usize,
    /// How long or how large it may be.
    pub limit: usize,
}

impl Measure {
    /// Whether AWS takes it.
    pub fn fits(&self) -> bool {
        self.size <= self.limit
    }
}

impl fmt::Display for Measure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { resource, what, size, limit } = self;
        write!(f, "the {what} of {resource} has {size} characters, AWS takes {limit}")
    }
}

/// A type's property that AWS limits, what it is called, and the limit.
type Limit = (&'static str, &'static str, &'static str, usize);

/// Documents. Sources: the quotas pages of EventBridge ("Event bus policy size", "Event pattern size"), IAM ("Role trust policy
/// length"), SQS ("Policy"), API Gateway ("Length of API Gateway resource policy"), KMS ("Key policy document size"), S3
/// ("Bucket policies"), and CloudWatch's API reference (`PutDashboard`).
const DOCUMENTS: [Limit; 9] = [
    ("aws:apigateway/restApiPolicy:RestApiPolicy", "policy", "policy", 8192),
    ("aws:cloudwatch/dashboard:Dashboard", "dashboardBody", "body", 1024 * 1024),
    ("aws:cloudwatch/eventBusPolicy:EventBusPolicy", "policy", "policy", 10_240),
    ("aws:cloudwatch/eventRule:EventRule", "eventPattern", "pattern", 2048),
    ("aws:iam/role:Role", "assumeRolePolicy", "trust policy", 2048),
    ("aws:kms/key:Key", "policy", "policy", 32_768),
    ("aws:lambda/function:Function", "environment.variables", "environment", 4096),
    ("aws:s3/bucketPolicy:BucketPolicy", "policy", "policy", 20_480),
    ("aws:sqs/queuePolicy:QueuePolicy", "policy", "policy", 8192),
];

/// All policies within a role together, white space not counted. Source: IAM user guide, "IAM and AWS STS quotas".
const ROLE_POLICIES: (&str, usize) = ("aws:iam/rolePolicy:RolePolicy", 10_240);

/// Names and descriptions. Source: the API reference of each service.
const NAMES: [Limit; 28] = [
    ("aws:athena/workgroup:Workgroup", "name", "name", 128),
    ("aws:cloudwatch/dashboard:Dashboard", "dashboardName", "name", 255),
    ("aws:cloudwatch/eventBus:EventBus", "description", "description", 512),
    ("aws:cloudwatch/eventBus:EventBus", "name", "name", 256),
    ("aws:cloudwatch/eventRule:EventRule", "description", "description", 512),
    ("aws:cloudwatch/eventRule:EventRule", "name", "name", 64),
    ("aws:cloudwatch/eventTarget:EventTarget", "targetId", "id", 64),
    ("aws:cloudwatch/logGroup:LogGroup", "name", "name", 512),
    ("aws:cloudwatch/metricAlarm:MetricAlarm", "alarmDescription", "description", 1024),
    ("aws:cloudwatch/metricAlarm:MetricAlarm", "name", "name", 255),
    ("aws:dynamodb/table:Table", "name", "name", 255),
    ("aws:glue/catalogDatabase:CatalogDatabase", "name", "name", 255),
    ("aws:iam/role:Role", "description", "description", 1000),
    ("aws:iam/role:Role", "name", "name", 64),
    ("aws:iam/rolePolicy:RolePolicy", "name", "name", 128),
    ("aws:kinesis/firehoseDeliveryStream:FirehoseDeliveryStream", "name", "name", 64),
    ("aws:kms/alias:Alias", "name", "name", 256),
    ("aws:kms/key:Key", "description", "description", 8192),
    ("aws:lambda/function:Function", "description", "description", 256),
    ("aws:lambda/function:Function", "name", "name", 64),
    ("aws:s3/bucket:Bucket", "bucket", "name", 63),
    ("aws:scheduler/schedule:Schedule", "description", "description", 512),
    ("aws:scheduler/schedule:Schedule", "name", "name", 64),
    ("aws:secretsmanager/secret:Secret", "name", "name", 512),
    ("aws:sns/topic:Topic", "name", "name", 256),
    ("aws:sqs/queue:Queue", "name", "name", 80),
    ("aws:wafv2/webAcl:WebAcl", "description", "description", 256),
    ("aws:wafv2/webAcl:WebAcl", "name", "name", 128),
];

/// All that AWS limits in a document of a stack.
pub fn measures(document: &Value) -> Vec<Measure> {
    let mut measures = Vec::new();
    let mut roles: BTreeMap<String, usize> = BTreeMap::new();
    for (resource, declared) in document["resources"].as_object().into_iter().flatten() {
        let (kind, properties) = (declared["type"].as_str().unwrap_or_default(), &declared["properties"]);
        let limits = DOCUMENTS.iter().chain(&NAMES).filter(|(of, ..)| *of == kind);
        measures.extend(limits.filter_map(|&(_, property, what, limit)| {
            let value = property.split('.').try_fold(properties, |value, part| value.get(part))?;
            Some(Measure { resource: resource.clone(), what, size: size(value), limit })
        }));
        if kind == ROLE_POLICIES.0 {
            *roles.entry(properties["role"].to_string()).or_default() += size(&properties["policy"]);
        }
    }
    measures.extend(roles.into_iter().map(|(role, size)| Measure {
        resource: role.trim_matches(['"', '$', '{', '}']).trim_end_matches(".name").to_owned(),
        what: "policies",
        size,
        limit: ROLE_POLICIES.1,
    }));
    measures
}

/// The length of a text, or of a document that the engine makes a text of, when it is as long as it can be.
fn size(value: &Value) -> usize {
    let value = value.get("fn::toJSON").unwrap_or(value);
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let mut rest = text.as_str();
    let mut size = 0;
    while let Some((before, reference)) = rest.split_once("${") {
        let literal = before.ends_with('$');
        let (inner, after) = reference.split_once('}').unwrap_or((reference, ""));
        // A literal is written with one dollar more than it has.
        size += before.chars().count() + if literal { inner.chars().count() + 2 } else { REFERENCE };
        rest = after;
    }
    size + rest.chars().count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn sizes() {
        fn check(value: Value, expected: usize) {
            assert_eq!(size(&value), expected, "{value}");
        }
        check(json!("dora"), 4);
        check(json!("bücher"), 6);
        check(json!({"fn::toJSON": {"a": [1]}}), r#"{"a":[1]}"#.len());
        check(json!("${key.arn}/*"), REFERENCE + 2);
        check(json!("$${aws:username}"), "${aws:username}".len());
    }

    #[test]
    fn policies_of_a_role_count_together() {
        let policy = json!({
            "type": "aws:iam/rolePolicy:RolePolicy",
            "properties": {"role": "${r.name}", "policy": {"fn::toJSON": {"a": 1}}},
        });
        let measured = measures(&json!({"resources": {"one": policy, "two": policy}}));
        let expected = Measure { resource: "r".into(), what: "policies", size: 14, limit: 10_240 };
        assert_eq!(measured, [expected]);
    }
}
