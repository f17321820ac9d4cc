package main

import (
	"github.com/pulumi/pulumi-aws/sdk/v7/go/aws"
	"github.com/pulumi/pulumi-aws/sdk/v7/go/aws/apigateway"
	"github.com/pulumi/pulumi-aws/sdk/v7/go/aws/athena"
	"github.com/pulumi/pulumi-aws/sdk/v7/go/aws/cloudwatch"
	"github.com/pulumi/pulumi-aws/sdk/v7/go/aws/dynamodb"
	"github.com/pulumi/pulumi-aws/sdk/v7/go/aws/glue"
	"github.com/pulumi/pulumi-aws/sdk/v7/go/aws/iam"
	"github.com/pulumi/pulumi-aws/sdk/v7/go/aws/kinesis"
	"github.com/pulumi/pulumi-aws/sdk/v7/go/aws/kms"
	"github.com/pulumi/pulumi-aws/sdk/v7/go/aws/lambda"
	"github.com/pulumi/pulumi-aws/sdk/v7/go/aws/s3"
	"github.com/pulumi/pulumi-aws/sdk/v7/go/aws/scheduler"
	"github.com/pulumi/pulumi-aws/sdk/v7/go/aws/secretsmanager"
	"github.com/pulumi/pulumi-aws/sdk/v7/go/aws/sns"
	"github.com/pulumi/pulumi-aws/sdk/v7/go/aws/sqs"
	"github.com/pulumi/pulumi-aws/sdk/v7/go/aws/wafv2"
)

// version is the provider's version that the schema is taken from; a test compares it with go.mod.
const version = "7.40.0"

// catalog lists the resource types that the provider knows, by the official SDK's constructors: token, properties,
// types, and what is required or secret all come from those.
//
// unique names the input properties that no two resources of a type may share; a change of one replaces the resource.
// replaces names further ones whose change replaces it. Both are AWS's own rules, where the SDK does not tell them.
func catalog() []*constructor {
	return []*constructor{
		resourceOf(apigateway.NewAccount),
		resourceOf(apigateway.NewDeployment).replaces("restApi", "triggers"),
		resourceOf(apigateway.NewIntegration).unique("restApi", "resourceId", "httpMethod"),
		resourceOf(apigateway.NewIntegrationResponse).unique("restApi", "resourceId", "httpMethod", "statusCode"),
		resourceOf(apigateway.NewMethod).unique("restApi", "resourceId", "httpMethod"),
		resourceOf(apigateway.NewMethodResponse).unique("restApi", "resourceId", "httpMethod", "statusCode"),
		resourceOf(apigateway.NewMethodSettings).unique("restApi", "stageName", "methodPath"),
		resourceOf(apigateway.NewModel).unique("restApi", "name"),
		resourceOf(apigateway.NewRequestValidator).replaces("restApi"),
		resourceOf(apigateway.NewResource).replaces("restApi"),
		resourceOf(apigateway.NewRestApi),
		resourceOf(apigateway.NewRestApiPolicy).unique("restApiId"),
		resourceOf(apigateway.NewStage).unique("restApi", "stageName"),
		resourceOf(athena.NewWorkgroup).unique("name"),
		resourceOf(cloudwatch.NewDashboard).unique("dashboardName"),
		resourceOf(cloudwatch.NewEventBus).unique("name"),
		resourceOf(cloudwatch.NewEventBusPolicy).unique("eventBusName"),
		resourceOf(cloudwatch.NewEventPermission).unique("eventBusName", "statementId"),
		resourceOf(cloudwatch.NewEventRule).unique("eventBusName", "name"),
		resourceOf(cloudwatch.NewEventTarget).unique("eventBusName", "rule", "targetId"),
		resourceOf(cloudwatch.NewLogGroup).unique("name"),
		resourceOf(cloudwatch.NewLogMetricFilter).unique("logGroupName", "name"),
		resourceOf(cloudwatch.NewLogResourcePolicy).unique("policyName"),
		resourceOf(cloudwatch.NewLogStream).unique("logGroupName", "name"),
		resourceOf(cloudwatch.NewMetricAlarm).unique("name"),
		resourceOf(dynamodb.NewTable).unique("name").replaces("hashKey", "rangeKey"),
		resourceOf(glue.NewCatalogDatabase).unique("catalogId", "name"),
		resourceOf(glue.NewCatalogTable).unique("catalogId", "databaseName", "name"),
		resourceOf(iam.NewRole).unique("name"),
		resourceOf(iam.NewRolePolicy).unique("role", "name"),
		resourceOf(kinesis.NewFirehoseDeliveryStream).unique("name").keeps(withoutDefaultParameters),
		resourceOf(kms.NewAlias).unique("name"),
		resourceOf(kms.NewKey),
		resourceOf(lambda.NewEventSourceMapping).replaces("eventSourceArn"),
		resourceOf(lambda.NewFunction).unique("name").keeps(withoutKeyOfNothing),
		resourceOf(lambda.NewFunctionEventInvokeConfig).unique("functionName", "qualifier"),
		resourceOf(lambda.NewPermission).unique("function", "statementId").
			replaces("action", "principal", "qualifier", "sourceAccount", "sourceArn"),
		resourceOf(s3.NewBucket).unique("bucket"),
		resourceOf(s3.NewBucketLifecycleConfiguration).unique("bucket"),
		resourceOf(s3.NewBucketLogging).unique("bucket"),
		resourceOf(s3.NewBucketOwnershipControls).unique("bucket"),
		resourceOf(s3.NewBucketPolicy).unique("bucket"),
		resourceOf(s3.NewBucketPublicAccessBlock).unique("bucket"),
		resourceOf(s3.NewBucketServerSideEncryptionConfiguration).unique("bucket"),
		resourceOf(s3.NewBucketVersioning).unique("bucket"),
		resourceOf(scheduler.NewSchedule).unique("groupName", "name"),
		resourceOf(secretsmanager.NewSecret).unique("name"),
		resourceOf(secretsmanager.NewSecretPolicy).unique("secretArn"),
		resourceOf(secretsmanager.NewSecretVersion).replaces("secretId", "secretString"),
		resourceOf(sns.NewTopic).unique("name"),
		resourceOf(sns.NewTopicPolicy).unique("arn"),
		resourceOf(sns.NewTopicSubscription).replaces("topic", "protocol", "endpoint"),
		resourceOf(sqs.NewQueue).unique("name").replaces("fifoQueue"),
		resourceOf(sqs.NewQueuePolicy).unique("queueUrl"),
		resourceOf(wafv2.NewIpSet).unique("scope", "name"),
		resourceOf(wafv2.NewWebAcl).unique("scope", "name"),
		resourceOf(wafv2.NewWebAclAssociation).unique("resourceArn").replaces("webAclArn"),
		resourceOf(wafv2.NewWebAclLoggingConfiguration).unique("resourceArn"),
	}
}

// configuration is the provider itself, whose inputs are its configuration.
func configuration() *constructor {
	return resourceOf(aws.NewProvider)
}

// functions lists the functions that programs may invoke.
func functions() []*function {
	return []*function{
		functionOf(aws.GetCallerIdentity, func(in place) aws.GetCallerIdentityResult {
			arn := "arn:" + in.partition() + ":iam::" + in.account + ":user/engine"
			return aws.GetCallerIdentityResult{AccountId: in.account, Arn: arn, Id: in.account, UserId: "AIDAENGINE"}
		}),
		functionOf(aws.GetPartition, func(in place) aws.GetPartitionResult {
			partition := in.partition()
			suffix, reverse := "amazonaws.com", "com.amazonaws"
			if partition == "aws-cn" {
				suffix, reverse = "amazonaws.com.cn", "cn.com.amazonaws"
			}
			return aws.GetPartitionResult{
				DnsSuffix: suffix, Id: partition, Partition: partition, ReverseDnsPrefix: reverse,
			}
		}),
		functionOf(aws.GetRegion, func(in place) aws.GetRegionResult {
			return aws.GetRegionResult{Id: in.region, Name: in.region, Region: in.region}
		}),
	}
}
