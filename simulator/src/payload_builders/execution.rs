//! Pipeline executions, in the shapes of the CodePipeline API reference (`PipelineExecution`, `ActionExecutionDetail`),
//! of the action structure reference (source actions) and of the user guide's `EventBridge` examples.

use fake_aws::{PipelineKey, RecordedExecution};
use jiff::{SignedDuration, Timestamp};
use metrics_lib::{place::Place, sources::codepipeline::ExecutionKey};
use serde_json::{Value, json};

/// A pipeline execution.
#[derive(Clone, Debug)]
pub struct Execution {
    /// What identifies it.
    pub key: ExecutionKey,
    /// The `pipelineExecution` of `GetPipelineExecution`.
    pub detail: Value,
    /// The attempts of actions, in the order of the stages.
    pub actions: Vec<Value>,
    /// When its last action ended.
    pub end: Timestamp,
}

/// Where a source action takes its code from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// A connection to a Git host.
    CodeStar,
    /// GitHub, version 1.
    GitHub,
    /// CodeCommit.
    CodeCommit,
    /// An object in a bucket.
    S3,
    /// A container image.
    Ecr,
}

impl Execution {
    /// An ordinary run without a source whose stages Build and Production succeeded.
    pub fn standard(key: ExecutionKey, end: Timestamp) -> Self {
        let detail = json!({
            "pipelineName": key.pipeline,
            "pipelineVersion": 3,
            "pipelineExecutionId": key.execution_id,
            "status": "Succeeded",
            "artifactRevisions": [],
            "trigger": {"triggerType": "WebhookV2", "triggerDetail": "{}"},
            "executionMode": "QUEUED",
            "executionType": "STANDARD",
        });
        let build = action("Build", "Build", "Build", "CodeBuild", end - SignedDuration::from_mins(2));
        let deploy = action("Production", "Deploy", "Deploy", "CloudFormation", end);
        Self { key, detail, actions: vec![build, deploy], end }
    }

    /// A rollback of the stage Production to an earlier execution, which runs no source action.
    pub fn rollback(key: ExecutionKey, target: &str, end: Timestamp) -> Self {
        let mut rollback = Self::standard(key, end).without("Build");
        rollback.detail["executionType"] = json!("ROLLBACK");
        rollback.detail["rollbackMetadata"] = json!({"rollbackTargetPipelineExecutionId": target});
        rollback.detail["trigger"] =
            json!({"triggerType": "ManualRollback", "triggerDetail": "arn:aws:sts::x"});
        rollback
    }

    /// Runs another stage in place of Production.
    #[must_use]
    pub fn in_stage(mut self, stage: &str) -> Self {
        for action in self.production() {
            action["stageName"] = json!(stage);
        }
        self
    }

    /// Its production stage takes longer, until an instant.
    #[must_use]
    pub fn lasting(mut self, end: Timestamp) -> Self {
        for action in self.production() {
            action["lastUpdateTime"] = json!(end);
        }
        self.end = end;
        self
    }

    /// Goes on with a stage after production, whose action has a status since an instant.
    #[must_use]
    pub fn then(mut self, stage: &str, status: &str, at: Timestamp) -> Self {
        let mut later = action(stage, stage, "Test", "CodeBuild", at);
        later["startTime"] = json!(self.end);
        later["status"] = json!(status);
        self.actions.push(later);
        self
    }

    /// Sets the status of all of it, whatever those of its actions are.
    #[must_use]
    pub fn with_status(mut self, status: &str) -> Self {
        self.detail["status"] = json!(status);
        self
    }

    /// Waits for an approval before its production stage: all that comes before it is earlier by as much.
    #[must_use]
    pub fn approved_after(mut self, wait: SignedDuration) -> Self {
        let is_production = |action: &Value| action["stageName"] == "Production";
        let time = |value: &Value| value.as_str().and_then(|text| text.parse::<Timestamp>().ok());
        for action in self.actions.iter_mut().filter(|action| !is_production(action)) {
            for name in ["startTime", "lastUpdateTime"] {
                let earlier = time(&action[name]).map(|time| time - wait);
                action[name] = json!(earlier);
            }
        }
        let of = |production: bool, name: &str| {
            let actions = self.actions.iter().filter(|action| is_production(action) == production);
            actions.filter_map(|action| time(&action[name])).collect::<Vec<_>>()
        };
        let waits = of(false, "lastUpdateTime").into_iter().max();
        if let (Some(since), Some(until)) = (waits, of(true, "startTime").into_iter().min()) {
            let mut approval = action("Release", "Approve", "Approval", "Manual", until);
            approval["startTime"] = json!(since);
            let place = self.actions.iter().position(is_production).unwrap_or_default();
            self.actions.insert(place, approval);
        }
        self
    }

    /// As it was when its production stage began.
    #[must_use]
    pub fn while_deploying(&self) -> Self {
        let mut running = self.clone().with_status("InProgress");
        for action in running.production() {
            action["status"] = json!("InProgress");
            action["lastUpdateTime"] = action["startTime"].clone();
        }
        running
    }

    /// As it was when it had failed: with the attempts that had failed, and no others.
    #[must_use]
    pub fn when_failed(&self) -> Self {
        let mut failed = self.clone().with_status("Failed");
        failed.actions.retain(|action| action["status"] == "Failed");
        failed
    }

    /// The actions of the stage Production.
    fn production(&mut self) -> impl Iterator<Item = &mut Value> {
        self.actions.iter_mut().filter(|action| action["stageName"] == "Production")
    }

    /// Replaces the source actions by one.
    #[must_use]
    pub fn source(self, source: Source, repository: &str, reference: &str) -> Self {
        let mut execution = self.without("Source");
        execution.detail["artifactRevisions"] = json!([]);
        execution.another_source("Source", source, repository, reference)
    }

    /// Adds a source action with a name, which runs when the others do. The part of the repository before its first `/` is the owner on GitHub
    /// version 1, and the bucket on S3.
    #[must_use]
    pub fn another_source(mut self, name: &str, source: Source, repository: &str, reference: &str) -> Self {
        let others = self.actions.iter().filter(|action| action["stageName"] == "Source");
        let begin = others.filter_map(|action| action["lastUpdateTime"].as_str()?.parse().ok()).next();
        let begin: Timestamp = begin.unwrap_or(self.end - SignedDuration::from_mins(5));
        let (first, second) = repository.split_once('/').unwrap_or((repository, ""));
        let commit = json!({"CommitId": "c0ffee", "CommitMessage": "Add a thing", "BranchName": reference});
        let with = |variables: Value| -> Value {
            let all = [&commit, &variables].into_iter().filter_map(Value::as_object).flatten();
            all.map(|(name, value)| (name.clone(), value.clone())).collect::<serde_json::Map<_, _>>().into()
        };
        let (provider, configuration, variables) = match source {
            Source::CodeStar => (
                "CodeStarSourceConnection",
                json!({"FullRepositoryId": repository, "BranchName": reference}),
                with(json!({"FullRepositoryName": repository})),
            ),
            Source::GitHub => (
                "GitHub",
                json!({"Owner": first, "Repo": second, "Branch": reference, "OAuthToken": "****"}),
                commit.clone(),
            ),
            Source::CodeCommit => (
                "CodeCommit",
                json!({"RepositoryName": repository, "BranchName": reference}),
                with(json!({"RepositoryName": repository})),
            ),
            Source::S3 => (
                "S3",
                json!({"S3Bucket": first, "S3ObjectKey": second}),
                json!({"BucketName": first, "ObjectKey": second, "VersionId": "v1", "ETag": "e"}),
            ),
            Source::Ecr => (
                "ECR",
                json!({"RepositoryName": repository, "ImageTag": "latest"}),
                json!({"RepositoryName": repository, "ImageTag": "latest", "ImageDigest": "sha256:1"}),
            ),
        };
        let mut added = action("Source", name, "Source", provider, begin);
        added["input"]["configuration"] = configuration;
        added["output"]["outputVariables"] = variables;
        added["output"]["outputArtifacts"] = json!([{"name": format!("{name}Artifact")}]);
        self.actions.insert(0, added);
        let revision = json!({"name": format!("{name}Artifact"), "revisionId": "c0ffee", "created": begin});
        if let Some(revisions) = self.detail["artifactRevisions"].as_array_mut() {
            revisions.push(revision);
        }
        self
    }

    /// Sets the commit message that the Git source actions report.
    #[must_use]
    pub fn message(mut self, message: &str) -> Self {
        for action in &mut self.actions {
            if let Some(reported) = action["output"]["outputVariables"].get_mut("CommitMessage") {
                *reported = json!(message);
            }
        }
        self
    }

    /// Sets the commit that the Git source actions report.
    #[must_use]
    pub fn revision(mut self, commit: &str) -> Self {
        for action in &mut self.actions {
            if let Some(reported) = action["output"]["outputVariables"].get_mut("CommitId") {
                *reported = json!(commit);
            }
        }
        for revision in self.detail["artifactRevisions"].as_array_mut().into_iter().flatten() {
            revision["revisionId"] = json!(commit);
        }
        self
    }

    /// The commit that a Git source action reports; none for other sources.
    pub fn commit(&self) -> Option<&str> {
        let reported = |action: &'_ Value| action["output"]["outputVariables"].get("CommitId").is_some();
        let action = self.actions.iter().find(|action| reported(action))?;
        action["output"]["outputVariables"]["CommitId"].as_str()
    }

    /// Runs without a stage.
    #[must_use]
    pub fn without(mut self, stage: &str) -> Self {
        self.actions.retain(|action| action["stageName"] != stage);
        self
    }

    /// Ends in another way than by success, with its last action failed.
    #[must_use]
    pub fn ended_as(mut self, status: &str) -> Self {
        self.detail["status"] = json!(status);
        if let Some(last) = self.actions.last_mut() {
            last["status"] = json!("Failed");
        }
        self
    }

    /// Adds an earlier attempt of the production stage, which failed.
    #[must_use]
    pub fn retried(mut self, failed: Timestamp) -> Self {
        let mut attempt = action("Production", "Deploy", "Deploy", "CloudFormation", failed);
        attempt["status"] = json!("Failed");
        self.actions.push(attempt);
        self
    }

    /// As the AWS CLI prints it, the latest action first.
    pub fn recorded(&self) -> RecordedExecution {
        let Self { key, detail, actions, .. } = self;
        let mut actions = actions.clone();
        for action in &mut actions {
            action["pipelineExecutionId"] = json!(key.execution_id);
        }
        actions.reverse();
        let ExecutionKey { place: Place { account, region }, pipeline, execution_id } = key.clone();
        let pipeline = PipelineKey { account, region, pipeline };
        RecordedExecution { pipeline, execution_id, detail: detail.clone(), actions }
    }

    /// When its first action began.
    fn began(&self) -> Timestamp {
        let starts = self.actions.iter().filter_map(|action| action["startTime"].as_str()?.parse().ok());
        starts.min().unwrap_or(self.end)
    }

    /// The event of a state.
    pub fn event(&self, state: &str) -> Value {
        let ExecutionKey { place: Place { account, region }, pipeline, execution_id } = &self.key;
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
                "start-time": self.began(),
                "state": state,
                "version": 3.0,
                "pipeline-execution-attempt": 1.0,
            },
        })
    }

    /// The event that a stage succeeded.
    pub fn stage_event(&self, stage: &str) -> Value {
        let mut event = self.event("SUCCEEDED");
        event["detail-type"] = json!("CodePipeline Stage Execution State Change");
        event["detail"]["stage"] = json!(stage);
        event
    }
}

/// The structure of the pipelines that the executions run in, as `GetPipeline` has it: their stages, in order.
pub fn structure(pipeline: &str) -> Value {
    let stage = |name: &str, action: &str| json!({"name": name, "actions": [{"name": action}]});
    let stages = [
        stage("Source", "Source"),
        stage("Build", "Build"),
        stage("Staging", "Deploy"),
        stage("Release", "Approve"),
        stage("Production", "Deploy"),
        stage("Verify", "Verify"),
    ];
    json!({"name": pipeline, "version": 3, "stages": stages})
}

/// An attempt of an action that succeeded, a minute long.
pub fn action(stage: &str, name: &str, category: &str, provider: &str, end: Timestamp) -> Value {
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
