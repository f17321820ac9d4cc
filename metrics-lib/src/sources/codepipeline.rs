//! CodePipeline: its pipelines and executions, and [which of them](production) are production deployments.

pub mod production;

use crate::place::Place;
use serde::{Deserialize, Serialize};
use std::fmt;

/// What identifies a pipeline execution. A retried execution keeps its id, so it stays one deployment.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ExecutionKey {
    /// The account and region that the pipeline runs in.
    #[serde(flatten)]
    pub place: Place,
    /// The pipeline's name.
    pub pipeline: String,
    /// The execution's id, a UUID.
    pub execution_id: String,
}

impl ExecutionKey {
    /// Whether both executions are of one pipeline.
    pub fn same_pipeline(&self, other: &Self) -> bool {
        (&self.place, &self.pipeline) == (&other.place, &other.pipeline)
    }
}

impl fmt::Display for ExecutionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { place, pipeline, execution_id } = self;
        write!(f, "{}/{}/{pipeline}/{execution_id}", place.account, place.region)
    }
}

/// A pipeline, wherever it runs.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PipelineKey {
    /// The account and region that the pipeline runs in.
    #[serde(flatten)]
    pub place: Place,
    /// The pipeline's name.
    pub pipeline: String,
}

impl PipelineKey {
    /// An execution of the pipeline.
    pub fn execution(&self, execution_id: String) -> ExecutionKey {
        let Self { place, pipeline } = self.clone();
        ExecutionKey { place, pipeline, execution_id }
    }

    /// Reads a pipeline's ARN, `arn:PARTITION:codepipeline:REGION:ACCOUNT:NAME`, or that of one of its stages or actions,
    /// which have `/STAGE` or `/STAGE/ACTION` at the end; none if it is something else.
    pub fn from_arn(arn: &str) -> Option<Self> {
        let mut parts = arn.trim().splitn(6, ':');
        let ("arn", _partition, "codepipeline") = (parts.next()?, parts.next()?, parts.next()?) else {
            return None;
        };
        let (region, account, resource) = (parts.next()?, parts.next()?, parts.next()?);
        let mut names = resource.split('/');
        let pipeline = names.next()?;
        let is_name =
            |name: &str| !name.is_empty() && !name.contains(|c: char| c == ':' || c.is_whitespace());
        let named = is_name(region) && is_name(account) && is_name(pipeline);
        let complete = names.clone().count() <= 2 && names.all(is_name);
        (named && complete).then(|| Self { place: Place::new(account, region), pipeline: pipeline.into() })
    }
}

impl From<&ExecutionKey> for PipelineKey {
    fn from(key: &ExecutionKey) -> Self {
        Self { place: key.place.clone(), pipeline: key.pipeline.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pipelines_from_arns() {
        fn check(arn: &str, expected: Option<[&str; 3]>) {
            let found = PipelineKey::from_arn(arn);
            let expected = expected.map(|[account, region, pipeline]| PipelineKey {
                place: Place::new(account, region),
                pipeline: pipeline.into(),
            });
            assert_eq!(found, expected, "{arn:?}");
        }
        let shop = Some(["111111111111", "eu-west-1", "shop"]);
        check("arn:aws:codepipeline:eu-west-1:111111111111:shop", shop);
        check(" arn:aws-us-gov:codepipeline:eu-west-1:111111111111:shop\n", shop);
        check("arn:aws:codepipeline:eu-west-1:111111111111:shop/Source", shop);
        check("arn:aws:codepipeline:eu-west-1:111111111111:shop/Source/Action", shop);
        check("arn:aws:codepipeline:eu-west-1:111111111111:shop/", None);
        check("arn:aws:codepipeline:eu-west-1:111111111111:shop/Source/Action/More", None);
        check("arn:aws:codepipeline:eu-west-1:111111111111:/Source/Action", None);
        check("arn:aws:codepipeline:eu-west-1:aws:actiontype:Source/AWS/S3/1", None);
        check("arn:aws:codepipeline:eu-west-1:111111111111:actiontype:Build/Custom/Shop/1", None);
        check("arn:aws:codepipeline:::shop", None);
        check("arn:aws:codepipeline:eu-west-1:111111111111:webhook:shop", None);
        check("arn:aws:codepipeline:eu-west-1:111111111111:", None);
        check("arn:aws:lambda:eu-west-1:111111111111:shop", None);
        check("shop", None);
    }
}
