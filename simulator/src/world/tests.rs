use super::*;
use crate::payload_builders::{Execution, Source};
use fake_aws::RecordedExecution;
use metrics_lib::{place::Place, sources::codepipeline::ExecutionKey};
use serde_json::{Value, json};

const AT: &str = "2026-06-15T12:00:00Z";

fn check_lines(lines: &[&str]) -> Result<Header, WorldError> {
    World::Lines("world".into(), lines.iter().map(|line| (*line).to_owned()).collect()).check()
}

fn config_line() -> String {
    let tooling = json!([{"account": "111111111111", "regions": ["eu-west-1"]}]);
    let config = json!({"toolingAccounts": tooling, "opsAccount": "999999999999", "region": "eu-west-1"});
    json!({"at": AT, "config": config}).to_string()
}

/// A line after a first one that is in order, and the error that names its place and fault.
fn refused(line: &str, path: &str, reason: &str) {
    let error = check_lines(&[&config_line(), line]).unwrap_err();
    let WorldError::Line { line: 2, path: found, reason: given, .. } = &error else {
        panic!("{error} is about another line than {line}")
    };
    assert_eq!(found, path, "{error}");
    assert!(given.contains(reason), "{error}");
}

#[test]
fn malformed_lines() {
    let event = r#"{"account": "111111111111", "region": "eu-west-1", "source": "aws.x", "detail-type": "x", "time": "2026-06-15T12:00:00Z", "detail": {}}"#;
    refused("{", "", "EOF while parsing an object, column 1");
    refused("not json", "", "it is no JSON object");
    refused("[]", "", "it is no JSON object");
    refused(&format!(r#"{{"at": "{AT}", "event": {event}}} {{}}"#), "", "trailing characters, column ");
    refused(&format!("{{\"at\": \"{AT}\", \"event\": {event}}}\r{{}}"), "", "trailing characters, column ");
    refused(r#"{"event": {}}"#, "at", "it is missing");
    refused(r#"{"at": "12:00", "event": {}}"#, "at", "failed to parse");
    refused(&format!(r#"{{"at": "{AT}"}}"#), "", "exactly one of");
    refused(&format!(r#"{{"at": "{AT}", "event": {{}}, "opsItem": {{}}}}"#), "", "exactly one of");
    refused(&format!(r#"{{"at": "{AT}", "evnt": {{}}}}"#), "evnt", "unknown field `evnt`");
    refused(&format!(r#"{{"at": "{AT}", "config": {{}}}}"#), "config", "only the first line");
    refused(
        &format!(r#"{{"at": "2026-06-15T11:59:59Z", "event": {event}}}"#),
        "at",
        "before the line before",
    );
}

#[test]
fn malformed_deliveries() {
    let refused = |delivery: &str, path, reason| {
        refused(&format!(r#"{{"at": "{AT}", "github": {delivery}}}"#), path, reason)
    };
    refused("{}", "github.headers", "it is missing: an object");
    refused(r#"{"headers": {"x": 1}, "body": ""}"#, "github.headers.x", "it is 1, not a text");
    refused(r#"{"headers": {}, "body": {}}"#, "github.body", "it is an object, not a text");
    refused(
        r#"{"headers": {}, "body": "", "x": 1}"#,
        "github.x",
        "it means nothing here; known are headers, body",
    );
}

/// A value with one of its members replaced, or, by null, removed.
fn with(value: &Value, pointer: &str, member: Value) -> Value {
    let mut value = value.clone();
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    let parent = value.pointer_mut(parent).unwrap().as_object_mut().unwrap();
    match member {
        Value::Null => drop(parent.remove(name)),
        member => drop(parent.insert(name.to_owned(), member)),
    }
    value
}

/// The line with a value that is in order but for one member.
fn refused_with(key: &str, whole: &Value, pointer: &str, member: Value, path: &str, reason: &str) {
    let value = with(whole, pointer, member);
    refused(&json!({"at": AT, key: value}).to_string(), path, reason);
}

fn accepted(key: &str, value: &Value) {
    let line = json!({"at": AT, key: value}).to_string();
    check_lines(&[&config_line(), &line]).unwrap_or_else(|error| panic!("{error}: {line}"));
}

#[test]
fn malformed_events() {
    let event = Execution::standard(key(), AT.parse().unwrap()).event("SUCCEEDED");
    accepted("event", &event);
    let refused = |pointer: &str, member, path, reason| {
        refused_with("event", &event, pointer, member, path, reason);
    };
    refused("/account", Value::Null, "event.account", "it is missing: an account id");
    refused("/account", json!(111_111_111_111_u64), "event.account", "it is 111111111111, not an account id");
    refused("/account", json!("1"), "event.account", "it is a text, not an account id as text, 12 digits");
    refused("/region", json!(""), "event.region", "it is an empty text, not a region");
    refused("/source", Value::Null, "event.source", "it is missing");
    refused("/detail-type", Value::Null, "event.detail-type", "it is missing");
    refused("/time", Value::Null, "event.time", "it is missing: a time");
    refused("/time", json!("noon"), "event.time", "it is a text, not a time");
    refused("/detail", Value::Null, "event.detail", "it is missing: an object");
    refused("/detail", json!([]), "event.detail", "it is a list, not an object");
    refused("/detail/execution-id", Value::Null, "event.detail.execution-id", "it is missing");
    refused("/detail/pipeline", json!(5), "event.detail.pipeline", "it is 5, not a text");
    refused("/detail/state", Value::Null, "event.detail.state", "it is missing");
    let of_another_source = with(&with(&event, "/source", json!("aws.x")), "/detail", json!({}));
    accepted("event", &of_another_source);
    let mut item = of_another_source;
    item["source"] = json!("aws.ssm");
    item["detail-type"] = json!("OpsItem Create");
    item["detail"] = json!({"ops-item-id": "oi-1"});
    refused_with("event", &item, "/id", Value::Null, "event.detail.ops-item-id", "12 hexadecimal digits");
    item["detail"] = json!({"ops-item-id": "oi-0123456789ab", "ops-item-type": null});
    accepted("event", &item);
}

#[test]
fn malformed_stage_events() {
    let mut event = Execution::standard(key(), AT.parse().unwrap()).event("SUCCEEDED");
    event["detail-type"] = json!("CodePipeline Stage Execution State Change");
    event["detail"]["stage"] = json!("Production");
    accepted("event", &event);
    for member in ["pipeline", "execution-id", "stage", "state"] {
        let path = format!("event.detail.{member}");
        refused_with("event", &event, &format!("/detail/{member}"), Value::Null, &path, "it is missing");
    }
}

#[test]
fn malformed_pipelines_and_connections() {
    let action =
        json!({"name": "App", "actionTypeId": {"category": "Source", "provider": "S3"}, "configuration": {}});
    let structure =
        json!({"name": "shop", "version": 3, "stages": [{"name": "Source", "actions": [action]}]});
    let pipeline = json!({"account": "111111111111", "region": "eu-west-1", "pipeline": structure});
    accepted("pipeline", &pipeline);
    let refused = |pointer: &str, member, reason: &str| {
        let path = format!("pipeline{}", pointer.replace("/0", "[0]").replace('/', "."));
        refused_with("pipeline", &pipeline, pointer, member, &path, reason);
    };
    refused("/account", json!("1"), "it is a text, not an account id");
    refused("/x", json!(1), "it means nothing here");
    refused("/pipeline", Value::Null, "it is missing: an object");
    refused("/pipeline/name", json!(""), "it is an empty text");
    refused("/pipeline/version", json!("3"), "it is a text, not a whole number");
    refused("/pipeline/stages", Value::Null, "it is missing: a list");
    refused("/pipeline/stages/0/name", Value::Null, "it is missing");
    refused("/pipeline/stages/0/actions", json!({}), "it is an object, not a list");
    refused("/pipeline/stages/0/actions/0/configuration/x", json!(1), "it is 1, not a text");
    let connection =
        json!({"ConnectionArn": "arn:aws:codeconnections:x", "ProviderType": "GitHub", "New": 1});
    accepted("connection", &connection);
    refused_with(
        "connection",
        &connection,
        "/ConnectionArn",
        Value::Null,
        "connection.ConnectionArn",
        "missing",
    );
    refused_with("connection", &connection, "/ProviderType", json!(5), "connection.ProviderType", "it is 5");
}

fn key() -> ExecutionKey {
    let place = Place::new("111111111111", "eu-west-1");
    ExecutionKey { place, pipeline: "shop".into(), execution_id: "e1".into() }
}

#[test]
fn malformed_executions() {
    let execution = Execution::standard(key(), AT.parse().unwrap());
    let RecordedExecution { detail, actions, .. } =
        execution.source(Source::CodeStar, "acme/shop", "main").recorded();
    let whole =
        json!({"account": "111111111111", "region": "eu-west-1", "detail": detail, "actions": actions});
    accepted("execution", &whole);
    let refused = |pointer: &str, member, reason: &str| {
        let path = pointer.replace("/actions/0", "/actions[0]").replace("Revisions/0", "Revisions[0]");
        let path = format!("execution{}", path.replace('/', "."));
        refused_with("execution", &whole, pointer, member, &path, reason);
    };
    refused("/region", json!(""), "it is an empty text, not a region");
    refused("/account", json!("1"), "it is a text, not an account id");
    refused("/extra", json!(1), "it means nothing here; known are account, region, detail, actions");
    refused("/detail", json!("x"), "it is a text, not an object");
    refused("/detail/pipelineName", Value::Null, "it is missing: a text that is not empty");
    refused("/detail/pipelineName", json!(5), "it is 5, not a text");
    refused("/detail/status", Value::Null, "it is missing");
    refused("/detail/trigger", json!("x"), "it is a text, not an object");
    refused("/detail/rollbackMetadata", json!("x"), "it is a text, not an object");
    refused("/detail/executionType", json!(3), "it is 3, not a text");
    refused("/detail/artifactRevisions", json!({}), "it is an object, not a list");
    refused("/detail/artifactRevisions/0/revisionSummary", json!(3), "it is 3, not a text");
    refused("/detail/artifactRevisions/0/created", json!("x"), "it is a text, not a time");
    refused("/actions", json!({}), "it is an object, not a list");
    refused("/actions/0/stageName", Value::Null, "it is missing");
    refused("/actions/0/lastUpdateTime", json!("noon"), "it is a text, not a time");
    refused("/actions/0/pipelineExecutionId", json!("e2"), "it is not that of the execution, e1");
    refused("/actions/0/input", json!("x"), "it is a text, not an object");
    refused("/actions/0/input/actionTypeId/category", Value::Null, "it is missing");
    refused("/actions/0/input/actionTypeId/provider", Value::Null, "it is missing");
    refused("/actions/0/input/configuration/x", json!(1), "it is 1, not a text");
    refused("/actions/0/input/resolvedConfiguration/x", json!(true), "it is true, not a text");
    refused("/actions/0/output/outputVariables/BranchName", json!(5), "it is 5, not a text");
}

#[test]
fn malformed_ops_items() {
    let item = json!({"OpsItemId": "oi-0123456789ab", "CreatedTime": AT, "Title": "x",
        "OperationalData": {"/aws/resources": {"Value": "[]", "Type": "SearchableString"}}});
    let whole = json!({"account": "111111111111", "region": "eu-west-1", "item": item});
    accepted("opsItem", &whole);
    let refused = |pointer: &str, member, reason: &str| {
        let path = format!("opsItem{}", pointer.replace('/', "."));
        refused_with("opsItem", &whole, pointer, member, &path, reason);
    };
    refused("/item", Value::Null, "it is missing: an object");
    refused("/item/OpsItemId", Value::Null, "it is missing: an OpsItem's id");
    refused("/item/OpsItemId", json!("oi-1"), "12 hexadecimal digits");
    refused("/item/CreatedTime", Value::Null, "it is missing: a time");
    refused("/item/CreatedTime", json!("noon"), "it is a text, not a time");
    refused("/item/Title", json!(5), "it is 5, not a text");
    refused("/item/Priority", json!("1"), "it is a text, not a whole number");
    refused("/item/OperationalData", json!("x"), "it is a text, not an object");
    refused("/item/OperationalData", json!([]), "it is a list, not an object");
    refused("/item/OperationalData/a", json!("b"), "it is a text, not an object");
}

/// What the AWS CLI prints in its versions: null for what is not there, seconds for times, and what came later.
#[test]
fn variants_of_recordings() {
    let execution = |detail: Value, action: Value| {
        let [mut whole_detail, mut whole_action] = [
            json!({"pipelineName": "shop", "pipelineExecutionId": "e1", "status": "Odd"}),
            json!({"stageName": "S", "actionName": "A", "status": "Odd", "lastUpdateTime": 1_781_524_800.25}),
        ];
        for (whole, more) in [(&mut whole_detail, detail), (&mut whole_action, action)] {
            whole.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        }
        let value = json!({"account": "111111111111", "region": "us-gov-west-1", "detail": whole_detail,
            "actions": [whole_action]});
        accepted("execution", &value);
    };
    execution(json!({}), json!({}));
    execution(json!({"artifactRevisions": null, "trigger": null, "rollbackMetadata": null}), json!({}));
    execution(json!({"artifactRevisions": [{"created": null, "new": 1}], "new": {}}), json!({"new": 1}));
    execution(
        json!({"variables": [{"name": "x", "resolvedValue": null}]}),
        json!({"input": null, "output": null}),
    );
    execution(json!({}), json!({"startTime": null, "input": {"actionTypeId": null, "configuration": null}}));
    execution(
        json!({}),
        json!({"input": {"configuration": {"x": null}}, "output": {"executionResult": null}}),
    );
    execution(json!({}), json!({"startTime": "2026-06-15T14:00:00.123000+02:00"}));
}

/// A byte order mark before the first line, and the ends of lines of other systems.
#[test]
fn what_editors_add() {
    let line = format!("\u{feff}{}\r", config_line());
    assert_eq!(check_lines(&[&line]).unwrap().lines, 1);
    assert!(check_lines(&[&line, &line]).is_err());
}

#[test]
fn configuration() {
    let check = |config: &str, expected: &str| {
        let error = check_lines(&[&format!(r#"{{"at": "{AT}", "config": {config}}}"#)]).unwrap_err();
        assert!(error.to_string().starts_with("world, line 1"), "{error}");
        assert!(error.to_string().contains(expected), "{error}");
    };
    check("5", "config: it is not an object");
    check(r#"{"opsAccount": 5}"#, "config.opsAccount is 5");
    check("{}", "config.toolingAccounts is []");
}

#[test]
fn an_empty_world() {
    assert_eq!(check_lines(&[]).unwrap_err().to_string(), "world, line 1: the world is empty");
    assert!(check_lines(&["", "  "]).is_err());
}

/// What the configuration leaves out about accounts and regions is taken from where things happen, and said so.
#[test]
fn assumed_configuration() {
    let execution = format!(
        r#"{{"at": "{AT}", "execution": {{"account": "111111111111", "region": "us-east-1", "actions": [], "detail":
            {{"pipelineName": "shop", "pipelineExecutionId": "e1", "status": "Succeeded"}}}}}}"#
    );
    let item = format!(
        r#"{{"at": "{AT}", "opsItem": {{"account": "999999999999", "region": "us-east-1", "item":
            {{"OpsItemId": "oi-0123456789ab", "CreatedTime": 1781524800.5}}}}}}"#
    );
    let header = check_lines(&[&execution, &item]).unwrap();
    assert_eq!(header.settings.ops_account, "999999999999");
    assert_eq!(header.settings.region, "us-east-1");
    assert_eq!(header.settings.tooling_account_ids(), ["111111111111"]);
    assert_eq!(header.notes.len(), 4, "{:?}", header.notes);
}
