use super::*;
use crate::resources::{Function, Role, User};
use serde_json::json;

const OWN: &str = "999999999999";
const REGION: &str = "eu-west-1";

fn permissions() -> Permissions {
    let statement = |action: &str, resource: &str, condition: Option<(&str, &str)>| Statement {
        actions: vec![action.to_owned()],
        resources: vec![resource.to_owned()],
        condition: condition.map(|(key, value)| (key.to_owned(), vec![value.to_owned()])),
    };
    let via = |service: &str| {
        let via = format!("{service}.eu-west-1.amazonaws.com");
        statement("kms:Decrypt", KEY, Some(("kms:ViaService", &via)))
    };
    let log = format!("arn:aws:logs:eu-west-1:{OWN}:log-group:/f:*");
    let of_function = vec![
        statement("cloudwatch:PutMetricData", ANY, Some(("cloudwatch:namespace", "own"))),
        statement("logs:CreateLogStream", &log, None),
        statement("logs:PutLogEvents", &log, None),
        statement("xray:PutTraceSegments", ANY, None),
        statement("xray:PutTelemetryRecords", ANY, None),
        via("lambda"),
    ];
    let items = "arn:aws:ssm:eu-west-1:${aws:PrincipalAccount}:opsitem/*";
    let table = format!("arn:aws:dynamodb:eu-west-1:{OWN}:table/t");
    let role = |account: Option<&str>, name: &str, statements| Role {
        account: account.map(str::to_owned),
        name: name.to_owned(),
        external_id: None,
        statements,
    };
    let function = Function {
        name: "f".into(),
        log_group: "/f".into(),
        timeout: jiff::SignedDuration::from_secs(1),
        memory: 128,
        environment: [("A".to_owned(), "b".to_owned())].into(),
    };
    Permissions::new(&Arc::new(Resources {
        account: OWN.into(),
        region: REGION.into(),
        partition: "aws",
        domain: "amazonaws.com",
        roles: vec![
            role(Some(OWN), "f", of_function),
            role(None, "read", vec![statement("ssm:GetOpsItem", items, None)]),
            role(Some(OWN), "bare", Vec::new()),
        ],
        users: vec![User {
            name: "u".into(),
            statements: vec![statement("dynamodb:Query", &table, None), via("dynamodb")],
        }],
        functions: vec![function],
        ..Resources::default()
    }))
}

#[test]
fn what_callers_may_do() {
    let check = |caller: Caller, action: &str, input: &Value, expected: bool| {
        let answer = permissions().check(&caller, REGION, action, input);
        assert_eq!(answer.is_ok(), expected, "{caller}: {action} {input}: {answer:?}");
    };
    let member = |name| Caller::role("111111111111", name);
    let item = json!({"OpsItemId": "oi-1"});
    check(member("read"), "ssm:GetOpsItem", &item, true);
    check(Caller::role("222222222222", "read"), "ssm:GetOpsItem", &item, true);
    check(member("read"), "ssm:DescribeOpsItems", &json!({}), false);
    check(member("f"), "cloudwatch:PutMetricData", &json!({"Namespace": "own"}), false);
    let function = || Caller::role(OWN, "f");
    check(function(), "cloudwatch:PutMetricData", &json!({"Namespace": "own"}), true);
    check(function(), "cloudwatch:PutMetricData", &json!({"Namespace": "other"}), false);
    check(function(), "ssm:GetOpsItem", &item, false);
    let user = |name| Caller::user(OWN, name);
    check(user("u"), "dynamodb:Query", &json!({"TableName": "t"}), true);
    check(user("u"), "dynamodb:Query", &json!({"TableName": "other"}), false);
    check(user("f"), "cloudwatch:PutMetricData", &json!({"Namespace": "own"}), false);
}

#[test]
fn what_an_invocation_takes() {
    let mut permissions = permissions();
    permissions.check_invocation("f").unwrap();
    assert_eq!(permissions.used().len(), 5);
    assert_eq!(permissions.of_roles().count(), 6);
    assert_eq!(permissions.check_invocation("bare").unwrap_err().code, "AccessDeniedException");
}

#[test]
fn patterns() {
    fn check(pattern: &str, text: &str, expected: bool) {
        assert_eq!(matches(pattern, text), expected, "{pattern:?} and {text:?}");
    }
    check("", "", true);
    check("a", "a", true);
    check("a", "ab", false);
    check("a*", "ab", true);
    check("a*", "a", true);
    check("*:table/*", "arn:aws:table/x", true);
    check("*/x", "a/x/y", false);
    check("a*b*c", "abbc", true);
    check("secret-??", "secret-ab", true);
    check("secret-??", "secret-a", false);
}
