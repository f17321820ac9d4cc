use super::*;

fn dynamodb() -> DynamoDb {
    let index =
        resources::Index { name: "index".into(), partition_key: "day".into(), sort_key: "time".into() };
    let table =
        resources::Table { name: "t".into(), partition_key: "pk".into(), sort_key: "sk".into(), index };
    DynamoDb::new([&table])
}

fn item(pk: &str, sk: &str) -> Value {
    json!({"pk": {"S": pk}, "sk": {"S": sk}, "day": {"S": "d"}, "time": {"S": sk}, "n": {"N": "5"}})
}

#[test]
fn conditions() {
    fn check(condition: &str, expected: bool) {
        let mut dynamodb = dynamodb();
        dynamodb.call("PutItem", json!({"TableName": "t", "Item": item("a", "b")})).unwrap();
        let names = json!({"#n": "n", "#s": "sk", "#no": "absent"});
        let values = json!({":4": {"N": "4"}, ":5": {"N": "5.0"}, ":6": {"N": "6"}, ":b": {"S": "b"}});
        let used = |map: Value| -> Value {
            map.as_object()
                .unwrap()
                .iter()
                .filter(|(name, _)| tokens_of(condition).contains(name))
                .map(|(name, value)| (name.clone(), value.clone()))
                .collect::<Map<_, _>>()
                .into()
        };
        let result = dynamodb.call(
            "PutItem",
            json!({
                "TableName": "t",
                "Item": item("a", "b"),
                "ConditionExpression": condition,
                "ExpressionAttributeNames": used(names),
                "ExpressionAttributeValues": used(values),
            }),
        );
        match result {
            Ok(_) => assert!(expected, "{condition} holds"),
            Err(error) => {
                assert_eq!(error.code, "ConditionalCheckFailedException", "{condition}: {error}");
                assert!(!expected, "{condition} does not hold");
            }
        }
    }
    fn tokens_of(condition: &str) -> Vec<String> {
        let separators = |char: char| !(char.is_alphanumeric() || char == '#' || char == ':');
        condition.split(separators).map(str::to_owned).collect()
    }
    check("#n = :5", true);
    check("#n <> :5", false);
    check("#n < :6", true);
    check("#n >= :6", false);
    check("#no <> :5", true);
    check("#no = :5", false);
    check("#no < :5", false);
    check("#n = :b", false);
    check("#n <> :b", true);
    check("#n BETWEEN :4 AND :6", true);
    check("#n BETWEEN :6 AND :4", false);
    check("#n IN (:4, :5)", true);
    check("#n IN (:4, :6)", false);
    check("attribute_exists(#n)", true);
    check("attribute_not_exists(#n)", false);
    check("attribute_not_exists(#no)", true);
    check("begins_with(#s, :b)", true);
    check("NOT #n = :5", false);
    check("NOT (#n = :6) AND #s = :b", true);
    // AND binds more than OR does.
    check("#n = :5 OR #n = :6 AND #n = :4", true);
    check("(#n = :5 OR #n = :6) AND #n = :4", false);
    check("#n = :5 and #s = :b", true);
}

#[test]
fn refusals() {
    fn check(operation: &str, mut input: Value, code: &str, message: &str) {
        input["TableName"].is_null().then(|| input["TableName"] = json!("t"));
        let error = dynamodb().call(operation, input.clone()).unwrap_err();
        assert_eq!(error.code, code, "{input}");
        assert!(error.message.contains(message), "{input}: {error}");
    }
    let key = json!({"pk": {"S": "a"}, "sk": {"S": "b"}});
    let invalid = "ValidationException";
    check("PutItem", json!({"TableName": "x", "Item": item("a", "b")}), "ResourceNotFoundException", "");
    check("PutItem", json!({"Item": {"pk": {"S": "a"}}}), invalid, "Missing the key sk");
    check("PutItem", json!({"Item": {"pk": {"S": ""}, "sk": {"S": "b"}}}), invalid, "empty string");
    check("PutItem", json!({"Item": {"pk": {"N": "1"}, "sk": {"S": "b"}}}), invalid, "Type mismatch");
    check(
        "PutItem",
        json!({"Item": {"pk": {"S": "a"}, "sk": {"S": "b"}, "day": {"N": "1"}}}),
        invalid,
        "Index Key day",
    );
    check(
        "PutItem",
        json!({"Item": {"pk": {"S": "a"}, "sk": {"S": "b"}, "x": {"N": "one"}}}),
        invalid,
        "numeric",
    );
    check(
        "PutItem",
        json!({"Item": {"pk": {"S": "a"}, "sk": {"S": "b"}, "day": {"S": ""}}}),
        invalid,
        "IndexKey: day",
    );
    check("PutItem", json!({"Item": {"pk": {"S": "a"}, "sk": {"S": "b"}, "x": {}}}), invalid, "empty");
    check(
        "PutItem",
        json!({"Item": {"pk": {"S": "a"}, "sk": {"S": "b"}, "x": {"S": "1", "N": "1"}}}),
        invalid,
        "more than one",
    );
    check(
        "PutItem",
        json!({"Item": {"pk": {"S": "a"}, "sk": {"S": "b"}, "x": {"S": "x".repeat(410_000)}}}),
        invalid,
        "size",
    );
    check("PutItem", json!({"Item": item(&"a".repeat(2049), "b")}), invalid, "hashkey");
    check("PutItem", json!({"Item": item("a", &"b".repeat(1025))}), invalid, "range keys");
    check(
        "PutItem",
        json!({"Item": {"pk": {"S": "a"}, "sk": {"S": "b"}, "day": {"S": "d"}, "time": {"S": "t".repeat(1025)}}}),
        invalid,
        "range keys",
    );
    check("PutItem", json!({"Item": item("a", "b"), "ReturnValues": "ALL_OLD"}), invalid, "ReturnValues");
    check(
        "PutItem",
        json!({"Item": item("a", "b"), "ConditionExpression": "#x = #x"}),
        invalid,
        "not defined",
    );
    check(
        "PutItem",
        json!({"Item": item("a", "b"), "ConditionExpression": "state = state"}),
        invalid,
        "Syntax error",
    );
    check(
        "PutItem",
        json!({"Item": item("a", "b"), "ExpressionAttributeNames": {"#x": "x"}}),
        invalid,
        "unused",
    );
    let names = json!({"#pk": "pk", "#x": "x"});
    let update = |expression: &str, names: Value| {
        json!({"Key": key, "UpdateExpression": expression, "ExpressionAttributeNames": names,
               "ExpressionAttributeValues": {":v": {"S": "v"}}})
    };
    check("UpdateItem", update("SET #pk = :v", json!({"#pk": "pk"})), invalid, "part of the key");
    check("UpdateItem", update("SET #x = :v, #x = :v", json!({"#x": "x"})), invalid, "overlap");
    check("UpdateItem", update("SET #x = :v", names), invalid, "unused");
    check("UpdateItem", update("REMOVE #x", json!({"#x": "x"})), invalid, "Syntax error");
    check(
        "UpdateItem",
        json!({"Key": {"pk": {"S": "a"}}, "UpdateExpression": "SET #x = #x", "ExpressionAttributeNames": {"#x": "x"}}),
        invalid,
        "schema",
    );
    let query = |expression: &str| {
        json!({"KeyConditionExpression": expression, "ExpressionAttributeNames": {"#k": "sk"},
               "ExpressionAttributeValues": {":v": {"S": "v"}}})
    };
    check("Query", query("#k = :v"), invalid, "key schema");
    check("Query", json!({}), invalid, "must be specified");
    let prefix = json!({"KeyConditionExpression": "#p = :p AND begins_with(#k, :v)",
        "ExpressionAttributeNames": {"#p": "pk", "#k": "sk"},
        "ExpressionAttributeValues": {":p": {"S": "a"}, ":v": {"S": ""}}});
    check("Query", prefix, invalid, "empty string value. Key: sk");
    let long = |partition: usize, sort: usize| {
        json!({"KeyConditionExpression": "#p = :p AND begins_with(#k, :v)",
               "ExpressionAttributeNames": {"#p": "pk", "#k": "sk"},
               "ExpressionAttributeValues": {":p": {"S": "a".repeat(partition)}, ":v": {"S": "b".repeat(sort)}}})
    };
    check("Query", long(2049, 1), invalid, "hashkey");
    check("Query", long(2048, 1025), invalid, "range keys");
    let mut none = query("#k = :v");
    none["ExpressionAttributeNames"]["#k"] = json!("pk");
    none["Limit"] = json!(0);
    check("Query", none, invalid, "greater than or equal to 1");
    let mut indexed = query("#k = :v");
    indexed["IndexName"] = json!("other");
    check("Query", indexed.clone(), invalid, "specified index: other");
    indexed["IndexName"] = json!("index");
    indexed["ConsistentRead"] = json!(true);
    check("Query", indexed, invalid, "Consistent reads");
    check("Scan", json!({}), "NotImplemented", "dynamodb:Scan");
}

#[test]
fn numbers() {
    fn check(number: &str, refused: Option<&str>) {
        let mut item = item("a", "b");
        item["n"] = json!({"N": number});
        let put = dynamodb().call("PutItem", json!({"TableName": "t", "Item": item}));
        match refused {
            None => assert!(put.is_ok(), "{number}: {put:?}"),
            Some(reason) => assert!(put.clone().unwrap_err().message.contains(reason), "{number}: {put:?}"),
        }
    }
    for number in ["0", "-0", "00012.50", "+1", ".5", "5.", "1e125", "-9.9e125", "1E-130", "0e999"] {
        check(number, None);
    }
    check(&"9".repeat(38), None);
    check(&format!("0.{}", "1".repeat(38)), None);
    check("1e126", Some("overflow"));
    check("1e999999999999", Some("overflow"));
    check("-1e-131", Some("underflow"));
    check(&"9".repeat(39), Some("38 significant digits"));
    for number in ["", "-", ".", "e5", "1e", "one", "NaN", "inf", "1_000", "0x10", " 1"] {
        check(number, Some("cannot be converted"));
    }
}

#[test]
fn a_failed_condition_returns_the_item_on_request() {
    let mut dynamodb = dynamodb();
    let put = json!({
        "TableName": "t",
        "Item": item("a", "b"),
        "ConditionExpression": "attribute_not_exists(#pk)",
        "ExpressionAttributeNames": {"#pk": "pk"},
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    });
    dynamodb.call("PutItem", put.clone()).unwrap();
    assert_eq!(dynamodb.call("PutItem", put).unwrap_err().fields["Item"], item("a", "b"));
}

#[test]
fn an_update_creates_or_changes_an_item() {
    let mut dynamodb = dynamodb();
    let update = |value: &str| {
        json!({"TableName": "t", "Key": {"pk": {"S": "a"}, "sk": {"S": "b"}}, "UpdateExpression": "SET #x = :v",
               "ExpressionAttributeNames": {"#x": "x"}, "ExpressionAttributeValues": {":v": {"S": value}}})
    };
    dynamodb.call("UpdateItem", update("1")).unwrap();
    dynamodb.call("UpdateItem", update("2")).unwrap();
    let items: Vec<_> = dynamodb.items("t").map(|item| Value::Object(item.unwrap())).collect();
    assert_eq!(items, [json!({"pk": {"S": "a"}, "sk": {"S": "b"}, "x": {"S": "2"}})]);
}

/// Pages follow each other without gap or overlap, in order of the sort key.
#[test]
fn pages_of_queries() {
    fn check(index: Option<&str>, names: [&str; 2], condition: &str, expected: &str) {
        let mut dynamodb = dynamodb();
        for (pk, sk) in [("a", "1"), ("a", "2"), ("a", "3"), ("a", "4"), ("b", "3"), ("c", "5")] {
            dynamodb.call("PutItem", json!({"TableName": "t", "Item": item(pk, sk)})).unwrap();
        }
        let partition = if index.is_some() { "d" } else { "a" };
        let mut input = json!({
            "TableName": "t",
            "KeyConditionExpression": condition,
            "ExpressionAttributeNames": {"#p": names[0], "#s": names[1]},
            "ExpressionAttributeValues": {":p": {"S": partition}, ":2": {"S": "2"}, ":4": {"S": "4"}},
            "Limit": 2,
        });
        if let Some(index) = index {
            input["IndexName"] = json!(index);
        }
        let mut found = Vec::new();
        loop {
            let page = dynamodb.call("Query", input.clone()).unwrap();
            for item in page["Items"].as_array().unwrap() {
                found.push(format!(
                    "{}{}",
                    item["pk"]["S"].as_str().unwrap(),
                    item["sk"]["S"].as_str().unwrap()
                ));
            }
            match page.get("LastEvaluatedKey") {
                Some(key) => input["ExclusiveStartKey"] = key.clone(),
                None => break,
            }
        }
        assert_eq!(found.join(" "), expected);
    }
    check(None, ["pk", "sk"], "#p = :p AND #s BETWEEN :2 AND :4", "a2 a3 a4");
    check(Some("index"), ["day", "time"], "#p = :p AND #s BETWEEN :2 AND :4", "a2 a3 b3 a4");
}
