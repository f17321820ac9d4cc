use super::*;

const ACCOUNT: &str = "111111111111";

fn key() -> PipelineKey {
    let [account, region, pipeline] = [ACCOUNT, "eu-west-1", "shop"].map(str::to_owned);
    PipelineKey { account, region, pipeline }
}

/// An attempt of an action that is the only one of its stage.
fn action(stage: &str, status: &str, started: &str) -> Value {
    json!({"stageName": stage, "actionName": stage, "status": status, "startTime": started})
}

/// An execution whose actions begin at an hour.
fn execution(id: &str, hour: u8, actions: &[(&str, &str)]) -> RecordedExecution {
    let started = format!("2026-06-15T{hour:02}:00:00Z");
    let actions = actions.iter().map(|(stage, status)| action(stage, status, &started)).collect();
    let detail = json!({"pipelineName": "shop", "pipelineExecutionId": id, "artifactRevisions": []});
    RecordedExecution { pipeline: key(), execution_id: id.to_owned(), detail, actions }
}

fn call(service: &CodePipeline, operation: &str, input: Value) -> Result<Value, String> {
    service.call(ACCOUNT, "eu-west-1", operation, input).map_err(|error| error.code)
}

#[test]
fn structures_by_version() {
    let mut service = CodePipeline::default();
    service.record(execution("e1", 12, &[])).unwrap();
    let check = |service: &CodePipeline, input: Value, expected: Result<i64, &str>| {
        let answer = call(service, "GetPipeline", input.clone());
        let version = answer.map(|answer| answer["pipeline"]["version"].as_i64().unwrap());
        assert_eq!(version, expected.map_err(str::to_owned), "{input}");
    };
    check(&service, json!({"name": "shop"}), Err("PipelineVersionNotFoundException"));
    check(&service, json!({"name": "web"}), Err("PipelineNotFoundException"));
    for version in [2, 1] {
        service.record_structure(key(), json!({"name": "shop", "version": version}));
    }
    check(&service, json!({"name": "shop"}), Ok(2));
    check(&service, json!({"name": "shop", "version": 1}), Ok(1));
    check(&service, json!({"name": "shop", "version": 3}), Err("PipelineVersionNotFoundException"));
}

#[test]
fn executions_that_succeeded_in_a_stage() {
    const BUILT: (&str, &str) = ("Build", "Succeeded");
    let mut service = CodePipeline::default();
    let mut retried = execution("retried", 13, &[BUILT, ("Production", "Succeeded")]);
    retried.actions.push(action("Production", "Failed", "2026-06-15T12:30:00Z"));
    for execution in [
        execution("good", 12, &[BUILT, ("Production", "Succeeded")]),
        retried,
        execution("failed", 14, &[BUILT, ("Production", "Failed")]),
        execution("short", 15, &[BUILT]),
    ] {
        service.record(execution).unwrap();
    }
    let check = |filter: Value, expected: &[&str]| {
        let input = json!({"pipelineName": "shop", "filter": filter});
        let answer = call(&service, "ListPipelineExecutions", input).unwrap();
        let summaries = answer["pipelineExecutionSummaries"].as_array().unwrap();
        let ids: Vec<_> =
            summaries.iter().map(|summary| summary["pipelineExecutionId"].as_str().unwrap()).collect();
        assert_eq!(ids, expected, "{filter}");
    };
    check(json!({"succeededInStage": {"stageName": "Production"}}), &["retried", "good"]);
    check(json!({"succeededInStage": {"stageName": "Build"}}), &["short", "failed", "retried", "good"]);
    check(json!({"succeededInStage": {"stageName": "Elsewhere"}}), &[]);
}

#[test]
fn source_revisions() {
    fn check(execution: &RecordedExecution, expected: &Value) {
        let mut service = CodePipeline::default();
        service.record(execution.clone()).unwrap();
        let answer = call(&service, "ListPipelineExecutions", json!({"pipelineName": "shop"})).unwrap();
        assert_eq!(&answer["pipelineExecutionSummaries"][0]["sourceRevisions"], expected);
    }
    let mut pushed = execution("e1", 12, &[("Source", "Succeeded"), ("Build", "Succeeded")]);
    pushed.actions[0]["input"] = json!({"actionTypeId": {"category": "Source"}});
    pushed.actions[0]["output"] = json!({
        "outputArtifacts": [{"name": "SourceArtifact"}],
        "executionResult": {},
        "outputVariables": {"CommitId": "c0ffee", "CommitMessage": "Add a thing"},
    });
    let revision = json!({"actionName": "Source", "revisionId": "c0ffee", "revisionSummary": "Add a thing"});
    check(&pushed, &json!([revision]));
    pushed.detail["artifactRevisions"] = json!([{
        "name": "SourceArtifact",
        "revisionId": "c0ffee",
        "revisionSummary": "Add another",
        "revisionUrl": "https://example.com/c0ffee",
    }]);
    check(
        &pushed,
        &json!([{"actionName": "Source", "revisionId": "c0ffee", "revisionSummary": "Add another",
            "revisionUrl": "https://example.com/c0ffee"}]),
    );
    check(&execution("e2", 12, &[("Build", "Succeeded")]), &Value::Null);
}
