//! Requests that the ledger does or could send, one after the other: what DynamoDB refuses, and how; pages.

use super::Endpoint;
use serde_json::{Value, json};

/// What an endpoint answers to each request, by the step's name.
pub(super) async fn play(endpoint: &Endpoint) -> Vec<(&'static str, Answer)> {
    let client = reqwest::Client::new();
    let mut answers = Vec::new();
    for (step, operation, mut request) in requests() {
        request["TableName"] = json!(endpoint.table.name);
        answers.push((step, send(&client, endpoint, operation, &request).await));
    }
    answers
}

/// An answer to a request.
#[derive(Debug)]
pub(super) struct Answer {
    /// What callers depend on: the items, or the error's code and the item that failed a condition.
    pub(super) verdict: String,
    /// The message of an error.
    pub(super) message: String,
}

async fn send(client: &reqwest::Client, endpoint: &Endpoint, operation: &str, request: &Value) -> Answer {
    let credential = format!("{}/20260615/eu-west-1/dynamodb/aws4_request", endpoint.access_key);
    let request = client
        .post(&endpoint.url)
        .header("content-type", "application/x-amz-json-1.0")
        .header("x-amz-target", format!("DynamoDB_20120810.{operation}"))
        .header(
            "authorization",
            format!("AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders=host, Signature=0"),
        )
        .body(request.to_string());
    let response = request.send().await.unwrap();
    let status = response.status().as_u16();
    let body: Value = serde_json::from_str(&response.text().await.unwrap()).unwrap_or_default();
    let text = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default();
    let verdict = match (status, body.get("Items")) {
        (200, None) => "accepted".to_owned(),
        (200, Some(items)) => match body.get("LastEvaluatedKey") {
            None => format!("{items}"),
            Some(key) => format!("{items}, then what is after {key}"),
        },
        (400, _) => {
            let code = text("__type").rsplit('#').next().unwrap_or_default();
            let item = body.get("Item").map(|item| format!(", the item is {item}"));
            format!("{code}{}", item.unwrap_or_default())
        }
        (status, _) => status.to_string(),
    };
    Answer { verdict, message: text("message").to_owned() }
}

/// What moto answers otherwise than DynamoDB does, whose answer is that of the stand-in (see `requests`).
pub(super) fn on_moto(step: &str) -> Option<&'static str> {
    Some(match step {
        // It does not check these, so they are written, or asked.
        "a number as the index's key"
        | "a number that is too large"
        | "a number that is too exact"
        | "a value of two types"
        | "an unused value"
        | "an empty condition"
        | "an update with an empty key"
        | "an update of the index's key to a number" => "accepted",
        // It fails by itself on what it can't make sense of.
        "a value without type"
        | "a value of an unknown type"
        | "an undefined name"
        | "an undefined value"
        | "a condition that ends too early"
        | "a condition without comparator"
        | "a condition with an open parenthesis"
        | "an unknown function"
        | "a query with OR"
        | "a query with another than"
        | "a page of none"
        | "a page after half a key" => "500",
        // It looks at the length of keys only where they are written.
        "a query by a prefix that is too long" => "[]",
        // It takes 400 KB for 405,000 bytes; DynamoDB's KB have 1,024.
        "an item that is just small enough" => "ValidationException",
        _ => return None,
    })
}

fn item(pk: &str, sk: &str) -> Value {
    json!({"pk": {"S": pk}, "sk": {"S": sk}, "timelineDay": {"S": "d"}, "time": {"S": sk}, "n": {"N": "5"}})
}

fn with(name: &str, value: Value) -> Value {
    let mut item = item("a", "1");
    item[name] = value;
    item
}

fn requests() -> Vec<(&'static str, &'static str, Value)> {
    let put = |item: Value| json!({"Item": item});
    let only = |condition: &str| {
        json!({"Item": item("a", "1"), "ConditionExpression": condition,
               "ExpressionAttributeNames": {"#n": "n"}, "ExpressionAttributeValues": {":v": {"N": "4"}}})
    };
    let key = json!({"pk": {"S": "a"}, "sk": {"S": "1"}});
    let update = |expression: &str, name: &str| {
        json!({"Key": key, "UpdateExpression": expression, "ExpressionAttributeNames": {"#x": name},
               "ExpressionAttributeValues": {":v": {"S": "v"}}})
    };
    let query = |condition: &str, value: &str| {
        json!({"KeyConditionExpression": condition, "ExpressionAttributeNames": {"#p": "pk", "#s": "sk"},
               "ExpressionAttributeValues": {":p": {"S": "a"}, ":s": {"S": value}}})
    };
    let listed = |more: Value| {
        let mut query = json!({"IndexName": "timeline", "KeyConditionExpression": "#d = :d",
            "ExpressionAttributeNames": {"#d": "timelineDay"}, "ExpressionAttributeValues": {":d": {"S": "d"}}});
        query.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        query
    };
    let unless_there = json!({"Item": item("a", "1"), "ConditionExpression": "attribute_not_exists(#pk)",
        "ExpressionAttributeNames": {"#pk": "pk"}});
    let mut unless_there_told = unless_there.clone();
    unless_there_told["ReturnValuesOnConditionCheckFailure"] = json!("ALL_OLD");
    let held = |told: bool| {
        let mut update = json!({"Key": {"pk": {"S": "a"}, "sk": {"S": "none"}}, "UpdateExpression": "SET #x = :v",
            "ConditionExpression": "#x = :v", "ExpressionAttributeNames": {"#x": "x"},
            "ExpressionAttributeValues": {":v": {"S": "v"}}});
        if told {
            update["ReturnValuesOnConditionCheckFailure"] = json!("ALL_OLD");
        }
        update
    };
    vec![
        ("puts an item", "PutItem", put(item("a", "1"))),
        ("unless it is there", "PutItem", unless_there),
        ("unless it is there, and tells what is", "PutItem", unless_there_told),
        ("updates what is not there, on a condition", "UpdateItem", held(false)),
        ("and would tell what is there", "UpdateItem", held(true)),
        ("an item without its sort key", "PutItem", put(json!({"pk": {"S": "a"}}))),
        ("an empty partition key", "PutItem", put(item("", "1"))),
        ("an empty sort key", "PutItem", put(with("sk", json!({"S": ""})))),
        ("a number as sort key", "PutItem", put(with("sk", json!({"N": "1"})))),
        ("a number as the index's key", "PutItem", put(with("timelineDay", json!({"N": "1"})))),
        ("an empty key of the index", "PutItem", put(with("timelineDay", json!({"S": ""})))),
        ("an empty text", "PutItem", put(with("x", json!({"S": ""})))),
        ("a number that is none", "PutItem", put(with("x", json!({"N": "one"})))),
        ("a number that is too large", "PutItem", put(with("x", json!({"N": "1e126"})))),
        (
            "a number that is too exact",
            "PutItem",
            put(with("x", json!({"N": "1.000000000000000000000000000000000000001"}))),
        ),
        ("a value without type", "PutItem", put(with("x", json!({})))),
        ("a value of two types", "PutItem", put(with("x", json!({"S": "a", "N": "1"})))),
        ("a value of an unknown type", "PutItem", put(with("x", json!({"T": "a"})))),
        ("an item that is too large", "PutItem", put(with("x", json!({"S": "x".repeat(410_000)})))),
        ("an item that is just small enough", "PutItem", put(with("x", json!({"S": "x".repeat(409_500)})))),
        ("a partition key that is too long", "PutItem", put(item(&"a".repeat(2049), "1"))),
        ("a sort key that is too long", "PutItem", put(item("a", &"1".repeat(1025)))),
        (
            "the longest keys",
            "PutItem",
            put(json!({"pk": {"S": "a".repeat(2048)}, "sk": {"S": "1".repeat(1024)}})),
        ),
        ("a key of the index that is too long", "PutItem", put(with("time", json!({"S": "t".repeat(1025)})))),
        ("an update with a sort key that is too long", "UpdateItem", {
            let mut update = update("SET #x = :v", "x");
            update["Key"]["sk"] = json!({"S": "1".repeat(1025)});
            update
        }),
        (
            "a query by a prefix that is too long",
            "Query",
            query("#p = :p AND begins_with(#s, :s)", &"1".repeat(1025)),
        ),
        ("an undefined name", "PutItem", only("#n = :v AND #m = :v")),
        ("an undefined value", "PutItem", only("#n = :w AND #n = :v")),
        ("an unused name", "PutItem", {
            let mut put = put(item("a", "1"));
            put["ConditionExpression"] = json!("attribute_exists(#p)");
            put["ExpressionAttributeNames"] = json!({"#p": "pk", "#n": "n"});
            put
        }),
        ("an unused value", "PutItem", only("attribute_exists(#n)")),
        ("names without expression", "PutItem", {
            let mut put = put(item("a", "1"));
            put["ExpressionAttributeNames"] = json!({"#n": "n"});
            put
        }),
        ("a condition that ends too early", "PutItem", only("#n = :v AND")),
        ("a condition without comparator", "PutItem", only("#n :v")),
        ("a condition with an open parenthesis", "PutItem", only("(#n = :v")),
        ("an unknown function", "PutItem", only("is_there(#n, :v)")),
        ("an empty condition", "PutItem", json!({"Item": item("a", "1"), "ConditionExpression": ""})),
        ("a condition that does not hold", "PutItem", only("#n = :v")),
        ("a condition that holds", "PutItem", only("#n > :v")),
        ("an update of the key", "UpdateItem", update("SET #x = :v", "pk")),
        ("an update of an attribute twice", "UpdateItem", update("SET #x = :v, #x = :v", "x")),
        ("an update without assignment", "UpdateItem", update("SET", "x")),
        ("an unknown update", "UpdateItem", update("PUT #x = :v", "x")),
        ("an update with half a key", "UpdateItem", {
            let mut update = update("SET #x = :v", "x");
            update["Key"] = json!({"pk": {"S": "a"}});
            update
        }),
        ("an update with an attribute as key", "UpdateItem", {
            let mut update = update("SET #x = :v", "x");
            update["Key"]["n"] = json!({"N": "1"});
            update
        }),
        ("an update with an empty key", "UpdateItem", {
            let mut update = update("SET #x = :v", "x");
            update["Key"]["sk"] = json!({"S": ""});
            update
        }),
        ("an update of the index's key to a number", "UpdateItem", {
            let mut update = update("SET #x = :v", "timelineDay");
            update["ExpressionAttributeValues"] = json!({":v": {"N": "1"}});
            update
        }),
        ("an update from an attribute that is not there", "UpdateItem", {
            let mut update = update("SET #x = #y", "x");
            update["ExpressionAttributeNames"]["#y"] = json!("y");
            update.as_object_mut().unwrap().remove("ExpressionAttributeValues");
            update
        }),
        ("the item as it was", "PutItem", put(item("a", "1"))),
        ("an update", "UpdateItem", update("SET #x = :v", "x")),
        ("an update that creates", "UpdateItem", {
            let mut update = update("SET #x = :v", "x");
            update["Key"]["sk"] = json!({"S": "2"});
            update
        }),
        ("a query by both keys", "Query", query("#p = :p AND #s = :s", "1")),
        ("a query by a prefix", "Query", query("#p = :p AND begins_with(#s, :s)", "2")),
        ("a query by an empty prefix", "Query", query("#p = :p AND begins_with(#s, :s)", "")),
        ("a query without the partition key", "Query", {
            let mut query = query("#s = :s", "1");
            query["ExpressionAttributeNames"] = json!({"#s": "sk"});
            query["ExpressionAttributeValues"] = json!({":s": {"S": "1"}});
            query
        }),
        ("a query with OR", "Query", query("#p = :p OR #s = :s", "1")),
        ("a query with another than", "Query", query("#p = :p AND #s <> :s", "1")),
        ("a query with a range of partitions", "Query", query("#p > :p AND #s = :s", "1")),
        ("a query without condition", "Query", json!({})),
        ("a consistent query of the index", "Query", listed(json!({"ConsistentRead": true}))),
        ("a page of none", "Query", listed(json!({"Limit": 0}))),
        ("another item of the day", "PutItem", put(item("b", "0"))),
        ("a third", "PutItem", put(item("c", "3"))),
        ("the items of the day", "Query", listed(json!({}))),
        ("its first page", "Query", listed(json!({"Limit": 2}))),
        (
            "its second page",
            "Query",
            listed(json!({"Limit": 2, "ExclusiveStartKey":
            {"pk": {"S": "a"}, "sk": {"S": "1"}, "timelineDay": {"S": "d"}, "time": {"S": "1"}}})),
        ),
        ("a page after half a key", "Query", listed(json!({"ExclusiveStartKey": {"pk": {"S": "a"}}}))),
    ]
}
