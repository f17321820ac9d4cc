use super::*;

const AT: &str = "2026-06-15T12:00:00Z";

fn check_lines(lines: &[&str]) -> Result<Header, WorldError> {
    World::Lines("world".into(), lines.iter().map(|line| (*line).to_owned()).collect()).check()
}

/// A line after a first one that is in order, and the error that names its place and fault.
fn refused(line: &str, path: &str, reason: &str) {
    let config = format!(
        r#"{{"at": "{AT}", "config": {{"toolingAccounts": [{{"account": "111111111111", "regions": ["eu-west-1"]}}],
            "opsAccount": "999999999999", "region": "eu-west-1"}}}}"#
    );
    let error = check_lines(&[&config, line]).unwrap_err();
    let WorldError::Line { line: 2, path: found, reason: given, .. } = &error else {
        panic!("{error} is about another line than {line}")
    };
    assert_eq!(found, path, "{error}");
    assert!(given.contains(reason), "{error}");
}

#[test]
fn malformed_lines() {
    refused("{", "", "EOF while parsing");
    refused("[]", "", "invalid length 0");
    refused(r#"{"event": {}}"#, "", "missing field `at`");
    refused(r#"{"at": "12:00", "event": {}}"#, "at", "failed to parse");
    refused(&format!(r#"{{"at": "{AT}"}}"#), "", "exactly one of");
    refused(&format!(r#"{{"at": "{AT}", "event": {{}}, "opsItem": {{}}}}"#), "", "exactly one of");
    refused(&format!(r#"{{"at": "{AT}", "evnt": {{}}}}"#), "evnt", "unknown field `evnt`");
    refused(&format!(r#"{{"at": "{AT}", "config": {{}}}}"#), "config", "only the first line");
    refused(&format!(r#"{{"at": "{AT}", "github": {{}}}}"#), "github", "missing field `headers`");
    refused(
        &format!(r#"{{"at": "{AT}", "github": {{"headers": {{"x": 1}}, "body": ""}}}}"#),
        "github.headers.x",
        "expected a string",
    );
    refused(
        r#"{"at": "2026-06-15T11:59:59Z", "event": {"account": "111111111111", "region": "eu-west-1", "source": "aws.ssm", "detail-type": "x"}}"#,
        "at",
        "before the line before",
    );
}

#[test]
fn malformed_events() {
    let refused =
        |event: &str, path, reason| refused(&format!(r#"{{"at": "{AT}", "event": {event}}}"#), path, reason);
    refused("5", "event", "expected struct");
    refused(r#"{"account": "111111111111"}"#, "event", "missing field");
    refused(r#"{"account": 111111111111}"#, "event.account", "expected a string");
    refused(r#"{"account": "1"}"#, "event.account", "12 digits");
}

#[test]
fn malformed_executions() {
    let refused = |detail: &str, actions: &str, path, reason| {
        let execution = format!(
            r#"{{"account": "111111111111", "region": "eu-west-1", "detail": {detail}, "actions": {actions}}}"#
        );
        refused(&format!(r#"{{"at": "{AT}", "execution": {execution}}}"#), path, reason);
    };
    let detail = r#"{"pipelineName": "shop", "pipelineExecutionId": "e1", "status": "Succeeded"}"#;
    refused("{}", "[]", "execution.detail", "missing field `pipelineName`");
    refused(r#"{"pipelineName": 5}"#, "[]", "execution.detail.pipelineName", "expected a string");
    refused(detail, "{}", "execution.actions", "expected a sequence");
    refused(detail, "[{}]", "execution.actions[0]", "missing field `stageName`");
    let action = r#"{"stageName": "Source", "actionName": "Source", "status": "Succeeded""#;
    refused(
        detail,
        &format!("[{action}, \"lastUpdateTime\": \"noon\"}}]"),
        "execution.actions[0].lastUpdateTime",
        "is no time",
    );
    let other = format!("[{action}, \"lastUpdateTime\": \"{AT}\", \"pipelineExecutionId\": \"e2\"}}]");
    refused(detail, &other, "execution.actions[0].pipelineExecutionId", "not that of the execution");
}

#[test]
fn malformed_ops_items() {
    let refused = |item: &str, path, reason| {
        let item = format!(r#"{{"account": "111111111111", "region": "eu-west-1", "item": {item}}}"#);
        refused(&format!(r#"{{"at": "{AT}", "opsItem": {item}}}"#), path, reason);
    };
    refused("{}", "opsItem.item", "missing field `OpsItemId`");
    refused(r#"{"OpsItemId": "oi-1"}"#, "opsItem.item.OpsItemId", "12 hexadecimal digits");
    refused(r#"{"OpsItemId": "oi-0123456789ab"}"#, "opsItem.item", "missing field `CreatedTime`");
    refused(
        r#"{"OpsItemId": "oi-0123456789ab", "CreatedTime": null}"#,
        "opsItem.item.CreatedTime",
        "is no time",
    );
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
