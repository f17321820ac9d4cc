//! The types: what a resource of the provider is to CloudFormation. References are still those of the document.

use super::{CODE_BUCKET, pascal};
use serde_json::{Map, Value, json};

/// Where properties belong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Destination {
    /// A resource of its own; where one becomes several, with a suffix.
    Itself { kind: &'static str, suffix: String },
    /// A member of another resource, by what refers to that.
    Within { whole: String, pointer: &'static str },
}

/// What a resource becomes: one resource or several, or a part of another. None if its type is not known.
pub(super) fn translated(kind: &str, properties: &Value) -> Option<Vec<(Destination, Value)>> {
    let p = Properties(properties);
    let (kind, made) = match kind {
        "aws:apigateway/account:Account" => {
            ("AWS::ApiGateway::Account", p.renamed(&[("CloudwatchRoleArn", "CloudWatchRoleArn")]))
        }
        "aws:apigateway/deployment:Deployment" => {
            ("AWS::ApiGateway::Deployment", p.renamed(&[("RestApi", "RestApiId")]).without(&["Triggers"]))
        }
        "aws:apigateway/integration:Integration" => {
            let made = p.renamed(&[("IntegrationHttpMethod", "IntegrationHttpMethod")]);
            let made = made.without(&["RestApi", "ResourceId", "HttpMethod"]);
            return Some(vec![(within("${webhook-method}", "/Integration"), made.0)]);
        }
        "aws:apigateway/method:Method" => {
            let made = p.renamed(&[("RestApi", "RestApiId"), ("Authorization", "AuthorizationType")]);
            ("AWS::ApiGateway::Method", made)
        }
        "aws:apigateway/methodSettings:MethodSettings" => {
            let mut made = Made(pascaled(&p.0["settings"]));
            made.0["HttpMethod"] = json!("*");
            made.0["ResourcePath"] = json!("/*");
            return Some(vec![(within(p.text("stageName"), "/MethodSettings/-"), made.0)]);
        }
        "aws:apigateway/requestValidator:RequestValidator" => {
            ("AWS::ApiGateway::RequestValidator", p.renamed(&[("RestApi", "RestApiId")]))
        }
        "aws:apigateway/resource:Resource" => {
            ("AWS::ApiGateway::Resource", p.renamed(&[("RestApi", "RestApiId")]))
        }
        "aws:apigateway/restApi:RestApi" => {
            let mut made = p.made();
            made.0["EndpointConfiguration"]["Types"] = json!([p.0["endpointConfiguration"]["types"]]);
            ("AWS::ApiGateway::RestApi", made)
        }
        "aws:apigateway/restApiPolicy:RestApiPolicy" => {
            // The API's own policy can't refer to the API; a resource may begin with the service in its place.
            let api = p.text("restApiId").trim_start_matches("${").trim_end_matches(".id}");
            let policy = document(&p.0["policy"]).to_string();
            let policy = policy.replace(&format!("${{{api}.executionArn}}"), "execute-api:");
            let policy = serde_json::from_str(&policy).unwrap_or_default();
            return Some(vec![(within(p.text("restApiId"), "/Policy"), policy)]);
        }
        "aws:apigateway/stage:Stage" => {
            let renamed = [
                ("RestApi", "RestApiId"),
                ("Deployment", "DeploymentId"),
                ("XrayTracingEnabled", "TracingEnabled"),
                ("AccessLogSettings", "AccessLogSetting"),
            ];
            let mut made = p.renamed(&renamed);
            made.0["AccessLogSetting"]["Format"] =
                json!(document(&p.0["accessLogSettings"]["format"]).to_string());
            ("AWS::ApiGateway::Stage", made)
        }
        "aws:athena/workgroup:Workgroup" => {
            let mut made = p.renamed(&[
                ("ForceDestroy", "RecursiveDeleteOption"),
                ("Configuration", "WorkGroupConfiguration"),
            ]);
            let configuration = &mut made.0["WorkGroupConfiguration"];
            let names = [
                ("EnforceWorkgroupConfiguration", "EnforceWorkGroupConfiguration"),
                ("PublishCloudwatchMetricsEnabled", "PublishCloudWatchMetricsEnabled"),
            ];
            rename(configuration, &names);
            let result = &mut configuration["ResultConfiguration"];
            rename(&mut result["EncryptionConfiguration"], &[("KmsKeyArn", "KmsKey")]);
            ("AWS::Athena::WorkGroup", made)
        }
        "aws:cloudwatch/dashboard:Dashboard" => {
            let mut made = p.made();
            made.0["DashboardBody"] = json!(document(&p.0["dashboardBody"]).to_string());
            ("AWS::CloudWatch::Dashboard", made)
        }
        "aws:cloudwatch/eventBus:EventBus" => ("AWS::Events::EventBus", p.made()),
        "aws:cloudwatch/eventBusPolicy:EventBusPolicy" => {
            let policy = document(&p.0["policy"]);
            let statements = policy["Statement"].as_array().into_iter().flatten().map(|statement| {
                let sid = statement["Sid"].as_str().unwrap_or_default();
                let mut statement = statement.clone();
                statement.as_object_mut().map(|members| members.remove("Sid"));
                let place =
                    Destination::Itself { kind: "AWS::Events::EventBusPolicy", suffix: format!("-{sid}") };
                (
                    place,
                    json!({"EventBusName": p.0["eventBusName"], "StatementId": sid, "Statement": statement}),
                )
            });
            return Some(statements.collect());
        }
        "aws:cloudwatch/eventRule:EventRule" => {
            let mut made = p.made();
            made.0["EventPattern"] = document(&p.0["eventPattern"]).clone();
            ("AWS::Events::Rule", made)
        }
        "aws:cloudwatch/eventTarget:EventTarget" => {
            let renamed = [("TargetId", "Id")];
            let made = p.renamed(&renamed).without(&["Rule", "EventBusName"]);
            return Some(vec![(within(p.text("rule"), "/Targets/-"), made.0)]);
        }
        "aws:cloudwatch/logGroup:LogGroup" => ("AWS::Logs::LogGroup", p.renamed(&[("Name", "LogGroupName")])),
        "aws:cloudwatch/logMetricFilter:LogMetricFilter" => {
            let mut made = p.renamed(&[("Name", "FilterName"), ("Pattern", "FilterPattern")]);
            let mut transformation = pascaled(&p.0["metricTransformation"]);
            let names = [("Name", "MetricName"), ("Namespace", "MetricNamespace"), ("Value", "MetricValue")];
            rename(&mut transformation, &names);
            made.0["MetricTransformations"] = json!([transformation]);
            ("AWS::Logs::MetricFilter", made.without(&["MetricTransformation"]))
        }
        "aws:cloudwatch/logStream:LogStream" => {
            ("AWS::Logs::LogStream", p.renamed(&[("Name", "LogStreamName")]))
        }
        "aws:cloudwatch/metricAlarm:MetricAlarm" => {
            let mut made =
                p.renamed(&[("Name", "AlarmName"), ("OkActions", "OKActions"), ("MetricQueries", "Metrics")]);
            for query in made.0["Metrics"].as_array_mut().into_iter().flatten() {
                if let Some(metric) = query.as_object_mut().and_then(|query| query.remove("Metric")) {
                    let dimensions = metric["Dimensions"].as_object().into_iter().flatten();
                    let dimensions: Vec<Value> =
                        dimensions.map(|(name, value)| json!({"Name": name, "Value": value})).collect();
                    query["MetricStat"] = json!({
                        "Metric": {
                            "Namespace": metric["Namespace"],
                            "MetricName": metric["MetricName"],
                            "Dimensions": dimensions,
                        },
                        "Stat": metric["Stat"],
                        "Period": metric["Period"],
                    });
                }
            }
            ("AWS::CloudWatch::Alarm", made)
        }
        "aws:dynamodb/table:Table" => ("AWS::DynamoDB::Table", table(p)),
        "aws:glue/catalogDatabase:CatalogDatabase" => {
            let input = p.made().0;
            let tags = input["Tags"].clone();
            let input = Made(input).without(&["Tags"]);
            let _ = tags;
            (
                "AWS::Glue::Database",
                Made(json!({"CatalogId": "$${AWS::AccountId}", "DatabaseInput": input.0})),
            )
        }
        "aws:glue/catalogTable:CatalogTable" => {
            let mut input = p.made();
            rename(&mut input.0["StorageDescriptor"], &[("SerDeInfo", "SerdeInfo")]);
            let input = input.without(&["DatabaseName"]);
            let made = json!({"CatalogId": "$${AWS::AccountId}", "DatabaseName": p.0["databaseName"], "TableInput": input.0});
            ("AWS::Glue::Table", Made(made))
        }
        "aws:iam/role:Role" => {
            let mut made =
                p.renamed(&[("Name", "RoleName"), ("AssumeRolePolicy", "AssumeRolePolicyDocument")]);
            made.0["AssumeRolePolicyDocument"] = document(&p.0["assumeRolePolicy"]).clone();
            ("AWS::IAM::Role", made)
        }
        "aws:iam/rolePolicy:RolePolicy" => {
            let made = json!({
                "PolicyName": p.0["name"],
                "RoleName": p.0["role"],
                "PolicyDocument": document(&p.0["policy"]),
            });
            ("AWS::IAM::RolePolicy", Made(made))
        }
        "aws:kinesis/firehoseDeliveryStream:FirehoseDeliveryStream" => {
            ("AWS::KinesisFirehose::DeliveryStream", stream(p))
        }
        "aws:kms/alias:Alias" => ("AWS::KMS::Alias", p.renamed(&[("Name", "AliasName")])),
        "aws:kms/key:Key" => {
            let mut made =
                p.renamed(&[("DeletionWindowInDays", "PendingWindowInDays"), ("Policy", "KeyPolicy")]);
            made.0["KeyPolicy"] = document(&p.0["policy"]).clone();
            ("AWS::KMS::Key", made)
        }
        "aws:lambda/eventSourceMapping:EventSourceMapping" => ("AWS::Lambda::EventSourceMapping", p.made()),
        "aws:lambda/function:Function" => {
            let mut made = p.renamed(&[("Name", "FunctionName")]);
            let archive = &p.0["code"]["fn::fileArchive"];
            made.0["Code"] = json!({"S3Bucket": format!("${{{CODE_BUCKET}}}"), "S3Key": archive});
            ("AWS::Lambda::Function", made)
        }
        "aws:lambda/permission:Permission" => {
            ("AWS::Lambda::Permission", p.renamed(&[("Function", "FunctionName")]))
        }
        "aws:s3/bucket:Bucket" => ("AWS::S3::Bucket", p.renamed(&[("Bucket", "BucketName")])),
        "aws:s3/bucketPolicy:BucketPolicy" => {
            let made = json!({"Bucket": p.0["bucket"], "PolicyDocument": document(&p.0["policy"])});
            ("AWS::S3::BucketPolicy", Made(made))
        }
        "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock" => {
            return Some(vec![(
                within(p.text("bucket"), "/PublicAccessBlockConfiguration"),
                p.made().without(&["Bucket"]).0,
            )]);
        }
        "aws:s3/bucketVersioning:BucketVersioning" => {
            let made = pascaled(&p.0["versioningConfiguration"]);
            return Some(vec![(within(p.text("bucket"), "/VersioningConfiguration"), made)]);
        }
        "aws:s3/bucketOwnershipControls:BucketOwnershipControls" => {
            let made = json!({"Rules": [pascaled(&p.0["rule"])]});
            return Some(vec![(within(p.text("bucket"), "/OwnershipControls"), made)]);
        }
        "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration" => {
            let mut made = json!({"ServerSideEncryptionConfiguration": pascaled(&p.0["rules"])});
            for rule in made["ServerSideEncryptionConfiguration"].as_array_mut().into_iter().flatten() {
                rename(rule, &[("ApplyServerSideEncryptionByDefault", "ServerSideEncryptionByDefault")]);
                rename(
                    &mut rule["ServerSideEncryptionByDefault"],
                    &[("SseAlgorithm", "SSEAlgorithm"), ("KmsMasterKeyId", "KMSMasterKeyID")],
                );
            }
            return Some(vec![(within(p.text("bucket"), "/BucketEncryption"), made)]);
        }
        "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration" => {
            let rules = p.0["rules"].as_array().into_iter().flatten().map(|rule| {
                let mut made = Made(pascaled(rule)).without(&["Filter", "Expiration"]).0;
                made["Prefix"] = rule["filter"]["prefix"].clone();
                if let Some(days) = rule.pointer("/expiration/days") {
                    made["ExpirationInDays"] = days.clone();
                }
                made
            });
            let made = json!({"Rules": rules.collect::<Vec<_>>()});
            return Some(vec![(within(p.text("bucket"), "/LifecycleConfiguration"), made)]);
        }
        "aws:scheduler/schedule:Schedule" => {
            let mut made = p.made();
            rename(&mut made.0["Target"], &[("EventbridgeParameters", "EventBridgeParameters")]);
            ("AWS::Scheduler::Schedule", made)
        }
        "aws:secretsmanager/secret:Secret" => {
            ("AWS::SecretsManager::Secret", p.made().without(&["RecoveryWindowInDays"]))
        }
        "aws:secretsmanager/secretVersion:SecretVersion" => {
            return Some(vec![(within(p.text("secretId"), "/SecretString"), p.0["secretString"].clone())]);
        }
        "aws:sns/topic:Topic" => ("AWS::SNS::Topic", p.renamed(&[("Name", "TopicName")])),
        "aws:sns/topicPolicy:TopicPolicy" => {
            let made = json!({"Topics": [p.0["arn"]], "PolicyDocument": document(&p.0["policy"])});
            ("AWS::SNS::TopicPolicy", Made(made))
        }
        "aws:sns/topicSubscription:TopicSubscription" => {
            ("AWS::SNS::Subscription", p.renamed(&[("Topic", "TopicArn")]))
        }
        "aws:sqs/queue:Queue" => {
            let renamed = [
                ("Name", "QueueName"),
                ("VisibilityTimeoutSeconds", "VisibilityTimeout"),
                ("MessageRetentionSeconds", "MessageRetentionPeriod"),
                ("SqsManagedSseEnabled", "SqsManagedSseEnabled"),
            ];
            let mut made = p.renamed(&renamed);
            for (from, to) in
                [("redrivePolicy", "RedrivePolicy"), ("redriveAllowPolicy", "RedriveAllowPolicy")]
            {
                if p.0[from].is_object() {
                    made.0[to] = document(&p.0[from]).clone();
                }
            }
            ("AWS::SQS::Queue", made)
        }
        "aws:sqs/queuePolicy:QueuePolicy" => {
            let made = json!({"Queues": [p.0["queueUrl"]], "PolicyDocument": document(&p.0["policy"])});
            ("AWS::SQS::QueuePolicy", Made(made))
        }
        "aws:wafv2/ipSet:IpSet" => {
            ("AWS::WAFv2::IPSet", p.renamed(&[("IpAddressVersion", "IPAddressVersion")]))
        }
        "aws:wafv2/webAcl:WebAcl" => {
            let mut made = p.made();
            sets(&mut made.0["Rules"]);
            visible(&mut made.0["VisibilityConfig"]);
            for rule in made.0["Rules"].as_array_mut().into_iter().flatten() {
                visible(&mut rule["VisibilityConfig"]);
            }
            ("AWS::WAFv2::WebACL", made)
        }
        "aws:wafv2/webAclAssociation:WebAclAssociation" => {
            ("AWS::WAFv2::WebACLAssociation", p.renamed(&[("WebAclArn", "WebACLArn")]))
        }
        "aws:wafv2/webAclLoggingConfiguration:WebAclLoggingConfiguration" => {
            ("AWS::WAFv2::LoggingConfiguration", p.renamed(&[]))
        }
        _ => return None,
    };
    Some(vec![(Destination::Itself { kind, suffix: String::new() }, made.0)])
}

/// The properties of a resource, as the document has them.
#[derive(Clone, Copy)]
struct Properties<'a>(&'a Value);

/// Properties as CloudFormation names them.
struct Made(Value);

impl<'a> Properties<'a> {
    fn text(self, name: &str) -> &'a str {
        self.0[name].as_str().unwrap_or_default()
    }

    /// With names as CloudFormation writes them, and tags as it has them.
    fn made(self) -> Made {
        let mut made = pascaled(self.0);
        if let Some(tags) = self.0["tags"].as_object() {
            made["Tags"] = tags.iter().map(|(key, value)| json!({"Key": key, "Value": value})).collect();
        }
        Made(made)
    }

    /// The same, and some have another name.
    fn renamed(self, names: &[(&str, &str)]) -> Made {
        let Made(mut made) = self.made();
        rename(&mut made, names);
        Made(made)
    }
}

impl Made {
    fn without(self, names: &[&str]) -> Self {
        let Self(mut made) = self;
        if let Some(members) = made.as_object_mut() {
            members.retain(|name, _| !names.contains(&name.as_str()));
        }
        Self(made)
    }
}

fn within(whole: &str, pointer: &'static str) -> Destination {
    Destination::Within { whole: whole.to_owned(), pointer }
}

/// The value that the engine makes a text of.
fn document(value: &Value) -> &Value {
    value.get("fn::toJSON").unwrap_or(value)
}

/// Members whose own members' names are somebody else's.
const MAPS: [&str; 5] = ["dimensions", "parameters", "requestParameters", "tags", "variables"];

fn pascaled(value: &Value) -> Value {
    match value {
        Value::Object(members) => members
            .iter()
            .map(|(name, value)| {
                let is_map = MAPS.contains(&name.as_str()) && value.is_object();
                (pascal(name), if is_map { value.clone() } else { pascaled(value) })
            })
            .collect::<Map<_, _>>()
            .into(),
        Value::Array(values) => values.iter().map(pascaled).collect(),
        other => other.clone(),
    }
}

fn rename(value: &mut Value, names: &[(&str, &str)]) {
    let Some(members) = value.as_object_mut() else { return };
    for (from, to) in names {
        if let Some(value) = members.remove(*from) {
            members.insert((*to).to_owned(), value);
        }
    }
}

/// Statements about sets of addresses, wherever they are.
fn sets(value: &mut Value) {
    rename(value, &[("IpSetReferenceStatement", "IPSetReferenceStatement")]);
    match value {
        Value::Array(values) => values.iter_mut().for_each(sets),
        Value::Object(members) => members.values_mut().for_each(sets),
        _ => {}
    }
}

fn visible(config: &mut Value) {
    rename(config, &[("CloudwatchMetricsEnabled", "CloudWatchMetricsEnabled")]);
}

fn table(p: Properties<'_>) -> Made {
    let renamed = [
        ("Name", "TableName"),
        ("Attributes", "AttributeDefinitions"),
        ("Ttl", "TimeToLiveSpecification"),
        ("ServerSideEncryption", "SSESpecification"),
        ("PointInTimeRecovery", "PointInTimeRecoverySpecification"),
    ];
    let mut made = p.renamed(&renamed);
    let keys = |holder: &Value| {
        let key = |name: &str, kind: &str| json!({"AttributeName": holder[name], "KeyType": kind});
        json!([key("hashKey", "HASH"), key("rangeKey", "RANGE")])
    };
    made.0["KeySchema"] = keys(p.0);
    for attribute in made.0["AttributeDefinitions"].as_array_mut().into_iter().flatten() {
        rename(attribute, &[("Name", "AttributeName"), ("Type", "AttributeType")]);
    }
    let indexes = p.0["globalSecondaryIndexes"].as_array().into_iter().flatten().map(|index| {
        json!({
            "IndexName": index["name"],
            "KeySchema": keys(index),
            "Projection": {"ProjectionType": index["projectionType"]},
        })
    });
    made.0["GlobalSecondaryIndexes"] = indexes.collect();
    rename(&mut made.0["SSESpecification"], &[("Enabled", "SSEEnabled"), ("KmsKeyArn", "KMSMasterKeyId")]);
    made.0["SSESpecification"]["SSEType"] = json!("KMS");
    rename(&mut made.0["PointInTimeRecoverySpecification"], &[("Enabled", "PointInTimeRecoveryEnabled")]);
    made.without(&["HashKey", "RangeKey"])
}

fn stream(p: Properties<'_>) -> Made {
    let encryption = &p.0["serverSideEncryption"];
    let s3 = &p.0["extendedS3Configuration"];
    let mut processing = pascaled(&s3["processingConfiguration"]);
    for (processor, given) in processing["Processors"]
        .as_array_mut()
        .into_iter()
        .flatten()
        .zip(s3["processingConfiguration"]["processors"].as_array().into_iter().flatten())
    {
        processor["Parameters"] = pascaled(&given["parameters"]);
    }
    let destination = json!({
        "BucketARN": s3["bucketArn"],
        "RoleARN": s3["roleArn"],
        "Prefix": s3["prefix"],
        "ErrorOutputPrefix": s3["errorOutputPrefix"],
        "BufferingHints": {"IntervalInSeconds": s3["bufferingInterval"], "SizeInMBs": s3["bufferingSize"]},
        "EncryptionConfiguration": {"KMSEncryptionConfig": {"AWSKMSKeyARN": s3["kmsKeyArn"]}},
        "CloudWatchLoggingOptions": pascaled(&s3["cloudwatchLoggingOptions"]),
        "DynamicPartitioningConfiguration": {
            "Enabled": s3["dynamicPartitioningConfiguration"]["enabled"],
            "RetryOptions": {"DurationInSeconds": s3["dynamicPartitioningConfiguration"]["retryDuration"]},
        },
        "ProcessingConfiguration": processing,
    });
    let tags = p.made().0["Tags"].clone();
    Made(json!({
        "DeliveryStreamName": p.0["name"],
        "DeliveryStreamType": "DirectPut",
        "DeliveryStreamEncryptionConfigurationInput": {
            "KeyType": encryption["keyType"],
            "KeyARN": encryption["keyArn"],
        },
        "ExtendedS3DestinationConfiguration": destination,
        "Tags": tags,
    }))
}
