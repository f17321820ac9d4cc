//! The resource types of the AWS provider that the stacks use, each with the properties that they set.
//!
//! What a property means, AWS's documentation says; here stands why a resource has it where that is not obvious.

pub(crate) mod apigateway;
pub(crate) mod athena;
pub(crate) mod cloudwatch;
pub(crate) mod dynamodb;
pub(crate) mod events;
pub(crate) mod firehose;
pub(crate) mod glue;
pub(crate) mod iam;
pub(crate) mod kms;
pub(crate) mod lambda;
pub(crate) mod s3;
pub(crate) mod scheduler;
pub(crate) mod secretsmanager;
pub(crate) mod sns;
pub(crate) mod sqs;
pub(crate) mod wafv2;

/// Makes structs resource types: their token, and whether they can be tagged.
macro_rules! resources {
    ($($type:ident = $token:literal $(, $tagged:ident)?;)*) => {
        $(
            impl crate::pulumi::Resource for $type {
                const TYPE: &'static str = $token;
                const TAGGED: bool = crate::aws::is_tagged(&[$(stringify!($tagged))?]);
            }
        )*
    };
}
use resources;

const fn is_tagged(words: &[&str]) -> bool {
    !words.is_empty()
}
