//! Pipeline executions, in the shapes of the CodePipeline API reference (`PipelineExecution`, `ActionExecutionDetail`),
//! of the action structure reference (source actions) and of the user guide's EventBridge examples.

use super::{TOOLING, at};
use jiff::{SignedDuration, Timestamp};
use local::aws::RecordedExecution;
use metrics_lib::event::ExecutionKey;
use serde_json::{Value, json};

/// A pipeline execution.
#[derive(Clone)]
pub(crate) struct Execution {
    pub(crate) key: ExecutionKey,
    pub(crate) detail: Value,
    /// The attempts of actions, in order.
    pub(crate) actions: Vec<Value>,
    end: Timestamp,
}

/// Where a source action takes its code from.
#[derive(Clone, Copy)]
pub(crate) enum Source {
    CodeStar,
    GitHub,
    CodeCommit,
    S3,
    Ecr,
}

/// An ordinary run of a pipeline of acme/shop (CodeStar connection, branch main) that ended at a time: its stages
/// Source, Build and Production succeeded.
pub(crate) fn execution(id: &str, ended: &str) -> Execution {
    let end = at(ended);
    let key = ExecutionKey {
        account: TOOLING.into(),
        region: "eu-west-1".into(),
        pipeline: "shop".into(),
        execution_id: id.into(),
    };
    let detail = json!({
        "pipelineName": "shop",
        "pipelineVersion": 3,
        "pipelineExecutionId": id,
        "status": "Succeeded",
        "artifactRevisions": [],
        "trigger": {"triggerType": "WebhookV2", "triggerDetail": "{}"},
        "executionMode": "QUEUED",
        "executionType": "STANDARD",
    });
    let mut execution = Execution { key, detail, actions: Vec::new(), end };
    execution.actions.push(action(
        "Build",
        "Build",
        "Build",
        "CodeBuild",
        end - SignedDuration::from_mins(2),
    ));
    execution.actions.push(action("Production", "Deploy", "Deploy", "CloudFormation", end));
    execution.source(Source::CodeStar, "acme/shop", "main")
}

/// A rollback of the pipeline's production stage to an earlier execution.
pub(crate) fn rollback(id: &str, target: &str, ended: &str) -> Execution {
    let mut rollback = execution(id, ended);
    rollback.detail["executionType"] = json!("ROLLBACK");
    rollback.detail["rollbackMetadata"] = json!({"rollbackTargetPipelineExecutionId": target});
    rollback.detail["trigger"] = json!({"triggerType": "ManualRollback", "triggerDetail": "arn:aws:sts::x"});
    rollback.actions.retain(|action| action["stageName"] == "Production");
    rollback
}

/// An attempt of an action that succeeded.
pub(crate) fn action(stage: &str, name: &str, category: &str, provider: &str, end: Timestamp) -> Value {
    json!({
        "actionExecutionId": format!("{stage}-{name}-{end}"),
        "stageName": stage,
        "actionName": name,
        "startTime": end - SignedDuration::from_secs(60),
        "lastUpdateTime": end,
        "status": "Succeeded",
        "input": {
            "actionTypeId": {"category": category, "owner": "AWS", "provider": provider, "version": "1"},
            "configuration": {},
            "resolvedConfiguration": {},
            "region": "eu-west-1",
            "inputArtifacts": [],
        },
        "output": {"outputArtifacts": [], "executionResult": {}, "outputVariables": {}},
    })
}

impl Execution {
    pub(crate) fn end(&self) -> Timestamp {
        self.end
    }

    pub(crate) fn pipeline(mut self, name: &str) -> Self {
        self.key.pipeline = name.into();
        self.detail["pipelineName"] = json!(name);
        self
    }

    pub(crate) fn account(mut self, account: &str) -> Self {
        self.key.account = account.into();
        self
    }

    pub(crate) fn region(mut self, region: &str) -> Self {
        self.key.region = region.into();
        self
    }

    /// Replaces the source actions by one.
    pub(crate) fn source(mut self, source: Source, repository: &str, reference: &str) -> Self {
        self.actions.retain(|action| action["stageName"] != "Source");
        self.detail["artifactRevisions"] = json!([]);
        self.another_source("Source", source, repository, reference)
    }

    /// Adds a source action. What is not `main` of a `/` is cut in the way of each source.
    pub(crate) fn another_source(
        mut self,
        name: &str,
        source: Source,
        repository: &str,
        reference: &str,
    ) -> Self {
        let begin = self.end - SignedDuration::from_mins(5);
        let (first, second) = repository.split_once('/').unwrap_or((repository, ""));
        let (provider, configuration, variables) = match source {
            Source::CodeStar => (
                "CodeStarSourceConnection",
                json!({"FullRepositoryId": repository, "BranchName": reference}),
                json!({"FullRepositoryName": repository, "BranchName": reference, "CommitId": "c0ffee",
                       "CommitMessage": "Add a thing"}),
            ),
            Source::GitHub => (
                "GitHub",
                json!({"Owner": first, "Repo": second, "Branch": reference, "OAuthToken": "****"}),
                json!({"CommitId": "c0ffee", "BranchName": reference, "CommitMessage": "Add a thing"}),
            ),
            Source::CodeCommit => (
                "CodeCommit",
                json!({"RepositoryName": repository, "BranchName": reference}),
                json!({"RepositoryName": repository, "BranchName": reference, "CommitId": "c0ffee",
                       "CommitMessage": "Add a thing"}),
            ),
            Source::S3 => (
                "S3",
                json!({"S3Bucket": first, "S3ObjectKey": second}),
                json!({"BucketName": first, "ObjectKey": second, "VersionId": "v1", "ETag": "e"}),
            ),
            Source::Ecr => (
                "ECR",
                json!({"RepositoryName": repository, "ImageTag": "latest"}),
                json!({"RepositoryName": repository, "ImageTag": "latest", "ImageDigest": "sha256:1",
                       "RegistryId": TOOLING, "ImageURI": "x"}),
            ),
        };
        let mut added = action("Source", name, "Source", provider, begin);
        added["input"]["configuration"] = configuration;
        added["output"]["outputVariables"] = variables;
        added["output"]["outputArtifacts"] = json!([{"name": format!("{name}Artifact")}]);
        self.actions.insert(0, added);
        let revision = json!({"name": format!("{name}Artifact"), "revisionId": "c0ffee", "created": begin});
        self.detail["artifactRevisions"].as_array_mut().unwrap().push(revision);
        self
    }

    pub(crate) fn branch(self, branch: &str) -> Self {
        self.source(Source::CodeStar, "acme/shop", branch)
    }

    /// Sets the commit message that the source actions report.
    pub(crate) fn message(mut self, message: &str) -> Self {
        for action in self.actions.iter_mut().filter(|action| action["stageName"] == "Source") {
            action["output"]["outputVariables"]["CommitMessage"] = json!(message);
        }
        self
    }

    /// Runs without a stage.
    pub(crate) fn without(mut self, stage: &str) -> Self {
        self.actions.retain(|action| action["stageName"] != stage);
        self
    }

    /// Changes the last action of a stage.
    pub(crate) fn change(mut self, stage: &str, change: impl FnOnce(&mut Value)) -> Self {
        let mut actions = self.actions.iter_mut().rev();
        change(actions.find(|action| action["stageName"] == stage).unwrap());
        self
    }

    /// Adds an earlier attempt of the production stage, which failed.
    pub(crate) fn retried(mut self, failed: &str) -> Self {
        let mut attempt = action("Production", "Deploy", "Deploy", "CloudFormation", at(failed));
        attempt["status"] = json!("Failed");
        self.actions.push(attempt);
        self
    }

    /// As the AWS CLI prints it, the latest action first.
    pub(crate) fn recorded(&self) -> RecordedExecution {
        let Self { key, detail, actions, .. } = self;
        let mut actions = actions.clone();
        for action in &mut actions {
            action["pipelineExecutionId"] = json!(key.execution_id);
        }
        actions.reverse();
        RecordedExecution { key: key.clone(), detail: detail.clone(), actions }
    }

    /// The event of a state.
    pub(crate) fn event(&self, state: &str) -> Value {
        let ExecutionKey { account, region, pipeline, execution_id } = &self.key;
        json!({
            "version": "0",
            "detail-type": "CodePipeline Pipeline Execution State Change",
            "source": "aws.codepipeline",
            "account": account,
            "time": format!("{:.0}", self.end),
            "region": region,
            "resources": [format!("arn:aws:codepipeline:{region}:{account}:{pipeline}")],
            "detail": {
                "pipeline": pipeline,
                "execution-id": execution_id,
                "start-time": self.end - SignedDuration::from_mins(6),
                "state": state,
                "version": 3.0,
                "pipeline-execution-attempt": 1.0,
            },
        })
    }
}
