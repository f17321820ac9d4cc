//! The names of an installation's resources, and their ARNs: every name is made here, once.
//!
//! Names start with the installation's prefix, so that two installations can share an account.

use metrics_lib::{contract::probe, place::Place};

/// The names of an installation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Names {
    prefix: String,
    ops: Place,
}

impl Names {
    /// The names of an installation whose operations account has its stack in a region.
    pub fn new(prefix: &str, ops: Place) -> Self {
        Self { prefix: prefix.to_owned(), ops }
    }

    /// The name of something that the installation has once: `dora-ledger`.
    pub fn of(&self, what: &str) -> String {
        format!("{}-{what}", self.prefix)
    }

    /// What all names start with, which is a name, too.
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// A name without the prefix, for the resource's logical name.
    pub fn short<'a>(&self, name: &'a str) -> &'a str {
        name.strip_prefix(&self.prefix).and_then(|name| name.strip_prefix('-')).unwrap_or(name)
    }

    /// The bus of the operations account.
    pub fn bus(&self) -> String {
        self.of("events")
    }

    /// The source of the events that show whether events come.
    pub fn probe_source(&self) -> String {
        probe::source(&self.prefix)
    }

    /// The schedule that puts heartbeats on the default bus of a region.
    pub fn heartbeat(&self) -> String {
        self.of("heartbeat")
    }

    /// The role with which the schedule of a region does so. IAM's names hold for all regions of an account.
    pub fn heartbeat_role(&self, region: &str) -> String {
        self.of(&format!("heartbeat-{region}"))
    }

    /// The queue in front of a function.
    pub fn queue(&self, function: &str) -> String {
        self.of(function)
    }

    /// The queue of the messages that a function could not finish.
    pub fn dead_letters(&self, function: &str) -> String {
        self.of(&format!("{function}-dead-letters"))
    }

    /// The queue of the events that a rule of the operations account's stack could not deliver.
    pub fn undelivered(&self) -> String {
        self.of("undelivered")
    }

    /// The queue of the events that a rule of a tooling account's stack could not deliver. The operations account's stack may
    /// be in the same region, with [`Self::undelivered`].
    pub fn tooling_undelivered(&self) -> String {
        self.of("tooling-undelivered")
    }

    /// The API that GitHub calls.
    pub fn api(&self) -> String {
        self.of("github")
    }

    /// A Lambda function; its role is called so too.
    pub fn function(&self, function: &str) -> String {
        self.of(function)
    }

    /// The ARN of a function.
    pub fn function_arn(&self, name: &str) -> String {
        self.arn("lambda", &format!("function:{}", self.function(name)))
    }

    /// The log group of a Lambda function.
    pub fn log_group(&self, function: &str) -> String {
        format!("/aws/lambda/{}", self.function(function))
    }

    /// The ledger's table.
    pub fn table(&self) -> String {
        self.of("ledger")
    }

    /// The Firehose stream that writes the lake.
    pub fn stream(&self) -> String {
        self.of("changes")
    }

    /// A bucket; its name is unique among all accounts.
    pub fn bucket(&self, what: &str) -> String {
        format!("{}-{what}-{}-{}", self.prefix, self.ops.account, self.ops.region)
    }

    /// The bucket of the lake.
    pub fn lake_bucket(&self) -> String {
        self.bucket("lake")
    }

    /// The bucket of what Athena answered.
    pub fn results_bucket(&self) -> String {
        self.bucket("query-results")
    }

    /// The Glue database of the lake; Athena wants names without hyphens.
    pub fn database(&self) -> String {
        self.prefix.replace('-', "_")
    }

    /// The Athena workgroup that reads the lake.
    pub fn workgroup(&self) -> String {
        self.prefix.clone()
    }

    /// The secret that GitHub signs webhooks with.
    pub fn secret(&self) -> String {
        self.of("github-webhook")
    }

    /// The alias of the key that encrypts what the installation stores.
    pub fn key_alias(&self) -> String {
        format!("alias/{}", self.prefix)
    }

    /// The role that the functions assume to read a region of a tooling account. IAM's names hold for all regions of an
    /// account, so the region is part of it.
    pub fn read_role(&self, region: &str) -> String {
        self.of(&format!("read-{region}"))
    }

    /// The role with which the rules of a region forward events.
    pub fn forward_role(&self, region: &str) -> String {
        self.of(&format!("forward-{region}"))
    }

    /// The role with which the operations account's stack forwards the incidents of its own region. A tooling stack may be
    /// there, too.
    pub fn ops_forward_role(&self) -> String {
        self.of(&format!("ops-forward-{}", self.ops.region))
    }

    /// The external id that the read roles ask for.
    pub fn external_id(&self) -> String {
        self.of(&self.ops.account)
    }

    /// The ARN of a resource of the operations account's stack: `dynamodb`, `table/dora-ledger`.
    pub fn arn(&self, service: &str, resource: &str) -> String {
        arn(service, &self.ops.region, &self.ops.account, resource)
    }

    /// The ARN of a role of the operations account.
    pub fn ops_role_arn(&self, role: &str) -> String {
        self.role_arn(&self.ops.account, role)
    }

    /// The ARN of a role in an account.
    pub fn role_arn(&self, account: &str, role: &str) -> String {
        format!("arn:{}:iam::{account}:role/{role}", partition(&self.ops.region))
    }

    /// The ARN of a bucket, or of objects in it.
    pub fn bucket_arn(&self, bucket: &str) -> String {
        bucket_arn(&self.ops.region, bucket)
    }

    /// The region of the operations account's stack.
    pub fn region(&self) -> &str {
        &self.ops.region
    }

    /// The account and region of the operations account's stack.
    pub fn ops_place(&self) -> &Place {
        &self.ops
    }

    /// The operations account.
    pub fn ops_account(&self) -> &str {
        &self.ops.account
    }
}

/// The ARN of a resource.
pub fn arn(service: &str, region: &str, account: &str, resource: &str) -> String {
    format!("arn:{}:{service}:{region}:{account}:{resource}", partition(region))
}

/// The ARN of a bucket, or of objects in it, in the partition of a region.
pub fn bucket_arn(region: &str, bucket: &str) -> String {
    format!("arn:{}:s3:::{bucket}", partition(region))
}

/// The partition of a region, as ARNs begin with it.
pub fn partition(region: &str) -> &'static str {
    of_region(region).id
}

/// The domain of a service in a region, as KMS's `kms:ViaService` has it, and the principal of CloudWatch Logs, the one
/// service here whose principal is regional; those of the others are the same everywhere (`lambda.amazonaws.com`).
pub fn service_domain(service: &str, region: &str) -> String {
    format!("{service}.{region}.{}", domain(region))
}

/// The domain of the services in the partition of a region.
pub fn domain(region: &str) -> &'static str {
    of_region(region).suffix
}

/// A part of AWS with accounts of its own.
struct Partition {
    id: &'static str,
    /// What the names of its regions begin with.
    regions: &'static str,
    /// What the names of its hosts end with.
    suffix: &'static str,
}

/// Source: `partitions.json` of botocore, which every AWS SDK has.
const PARTITIONS: [Partition; 8] = [
    // A template for every region names what CloudFormation knows where it is installed.
    Partition { id: "${AWS::Partition}", regions: "${", suffix: "${AWS::URLSuffix}" },
    Partition { id: "aws-cn", regions: "cn-", suffix: "amazonaws.com.cn" },
    Partition { id: "aws-us-gov", regions: "us-gov-", suffix: "amazonaws.com" },
    Partition { id: "aws-iso", regions: "us-iso-", suffix: "c2s.ic.gov" },
    Partition { id: "aws-iso-b", regions: "us-isob-", suffix: "sc2s.sgov.gov" },
    Partition { id: "aws-iso-e", regions: "eu-isoe-", suffix: "cloud.adc-e.uk" },
    Partition { id: "aws-iso-f", regions: "us-isof-", suffix: "csp.hci.ic.gov" },
    Partition { id: "aws-eusc", regions: "eusc-", suffix: "amazonaws.eu" },
];
const COMMERCIAL: Partition = Partition { id: "aws", regions: "", suffix: "amazonaws.com" };

fn of_region(region: &str) -> &'static Partition {
    PARTITIONS.iter().find(|partition| region.starts_with(partition.regions)).unwrap_or(&COMMERCIAL)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn partitions() {
        fn check(region: &str, expected: &str, domain: &str) {
            assert!(crate::settings::is_region(region), "{region}");
            assert_eq!((partition(region), &*service_domain("s3", region)), (expected, domain), "{region}");
        }
        check("eu-west-1", "aws", "s3.eu-west-1.amazonaws.com");
        check("us-east-1", "aws", "s3.us-east-1.amazonaws.com");
        check("us-gov-west-1", "aws-us-gov", "s3.us-gov-west-1.amazonaws.com");
        check("us-iso-east-1", "aws-iso", "s3.us-iso-east-1.c2s.ic.gov");
        check("us-isob-east-1", "aws-iso-b", "s3.us-isob-east-1.sc2s.sgov.gov");
        check("eu-isoe-west-1", "aws-iso-e", "s3.eu-isoe-west-1.cloud.adc-e.uk");
        check("us-isof-south-1", "aws-iso-f", "s3.us-isof-south-1.csp.hci.ic.gov");
        check("cn-north-1", "aws-cn", "s3.cn-north-1.amazonaws.com.cn");
        check("eusc-de-east-1", "aws-eusc", "s3.eusc-de-east-1.amazonaws.eu");
    }

    /// The longest names that a valid prefix makes are within AWS's limits.
    #[test]
    fn longest_names() {
        let names = Names::new(
            &"p".repeat(crate::settings::LONGEST_PREFIX),
            Place::new("999999999999", "us-gov-west-1"),
        );
        let longest = |name: String, limit: usize| assert!(name.len() <= limit, "{name}: {limit}");
        longest(names.dead_letters("lead-time-for-changes"), 80);
        longest(names.function("lead-time-for-changes"), 64);
        longest(names.read_role("ap-southeast-22"), 64);
        longest(names.ops_forward_role(), 64);
        longest(names.heartbeat_role("ap-southeast-22"), 64);
        longest(names.results_bucket(), 63);
        longest(names.stream(), 64);
    }
}
