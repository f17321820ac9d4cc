//! The rules one by one, after AWS's
//! [documentation](https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html), and
//! event-ruler's answers for many patterns at once. Each expectation here is event-ruler's as well.

use super::{Event, Pattern, cases};
use std::path::Path;

#[test]
fn agrees_with_event_ruler() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures/event-patterns/cases.jsonl");
    let report = cases::run(&path).unwrap();
    assert!(report.disagreements.is_empty(), "{:#?}", report.disagreements);
    assert_eq!(report.total, 1061);
}

/// Checks the list that a pattern has for the field `x`: which values of it match and which don't.
#[track_caller]
fn check(list: &str, matching: &[&str], other: &[&str]) {
    let pattern = Pattern::parse(&format!(r#"{{"x": {list}}}"#)).unwrap();
    for (values, expected) in [(matching, true), (other, false)] {
        for value in values {
            let event = Event::parse(&format!(r#"{{"x": {value}, "z": 1}}"#)).unwrap();
            assert_eq!(pattern.matches(&event), expected, "{list} and {value}");
        }
    }
}

/// Checks a whole pattern against a whole event.
#[track_caller]
fn check_event(pattern: &str, event: &str, expected: bool) {
    let parsed = Pattern::parse(pattern).unwrap();
    assert_eq!(parsed.matches(&Event::parse(event).unwrap()), expected, "{pattern} and {event}");
}

#[track_caller]
fn check_refused(pattern: &str, expected: &str) {
    let error = Pattern::parse(pattern).unwrap_err();
    assert_eq!(error.to_string(), expected, "{pattern}");
}

#[test]
fn plain_values() {
    check(r#"["a", "b"]"#, &[r#""a""#, r#""b""#], &[r#""A""#, r#""ab""#, r#""""#, "null", "{}"]);
    check(r#"[""]"#, &[r#""""#], &[r#"" ""#, "null", "[]"]);
    check("[null]", &["null"], &[r#""""#, r#""null""#, "0", "{}"]);
    check("[true]", &["true"], &[r#""true""#, "false"]);
    check("[3]", &["3", "3.0", "0.3e1"], &[r#""3""#, "3.0000001"]);
    check("[0]", &["0", "-0.0"], &["null"]);
    check(r#"["3"]"#, &[r#""3""#], &["3"]);
    check(r#"[{"exactly": "a"}]"#, &[r#""a""#], &[r#""ab""#]);
}

#[test]
fn numbers_that_no_double_holds_are_equal_as_written() {
    check("[12345678901234567890]", &["12345678901234567890"], &["12345678901234567891"]);
    check("[1e400]", &["1e400"], &["1E400"]);
    check(r#"[{"numeric": [">", 0]}]"#, &["9007199254740992"], &["9007199254740993"]);
}

#[test]
fn prefix_and_suffix() {
    check(r#"[{"prefix": "ab"}]"#, &[r#""ab""#, r#""abc""#], &[r#""aB""#, r#""xab""#, "1"]);
    check(r#"[{"prefix": ""}]"#, &[r#""""#, r#""a""#], &["1", "null"]);
    check(r#"[{"prefix": "1"}]"#, &[r#""10""#], &["10"]);
    check(r#"[{"suffix": ".png"}]"#, &[r#""a.png""#], &[r#""a.PNG""#, r#"".png ""#]);
    check(r#"[{"prefix": {"equals-ignore-case": "äB"}}]"#, &[r#""ÄbC""#], &[r#""aBc""#]);
    check(r#"[{"suffix": {"equals-ignore-case": ".PnG"}}]"#, &[r#""a.png""#], &[r#"".pngs""#]);
}

#[test]
fn equals_ignore_case() {
    check(r#"[{"equals-ignore-case": "Alice"}]"#, &[r#""ALICE""#, r#""alice""#], &[r#""alices""#]);
    check(r#"[{"equals-ignore-case": "ß"}]"#, &[r#""ß""#, r#""SS""#], &[r#""ss""#]);
    check(r#"[{"equals-ignore-case": "😀"}]"#, &[r#""??""#], &[r#""😀""#]);
}

#[test]
fn wildcard() {
    check(r#"[{"wildcard": "a*c"}]"#, &[r#""ac""#, r#""abcbc""#], &[r#""abcd""#, r#""bac""#]);
    check(r#"[{"wildcard": "*"}]"#, &[r#""""#, r#""a""#], &["1", "null"]);
    check(r#"[{"wildcard": "*b*a*"}]"#, &[r#""ba""#, r#""xbxax""#], &[r#""ab""#]);
    check(r#"[{"wildcard": "a*ab"}]"#, &[r#""aab""#], &[r#""ab""#]);
    check(r#"[{"wildcard": "a\\*b\\\\"}]"#, &[r#""a*b\\""#], &[r#""axb\\""#]);
}

#[test]
fn anything_but() {
    check(r#"[{"anything-but": "a"}]"#, &[r#""b""#, "1", "null", r#"["a", "b"]"#], &[r#""a""#, "[]"]);
    check(r#"[{"anything-but": ["a", "b"]}]"#, &[r#""c""#], &[r#""a""#, r#""b""#]);
    check(r#"[{"anything-but": 10}]"#, &["11", r#""10""#], &["10", "1e1"]);
    check(r#"[{"anything-but": [1, 2]}]"#, &["3"], &["1", "2.0"]);
    check(r#"[{"anything-but": {"prefix": "a"}}]"#, &[r#""ba""#, "1"], &[r#""ab""#]);
    check(r#"[{"anything-but": {"suffix": ["a", "b"]}}]"#, &[r#""ac""#], &[r#""ca""#, r#""b""#]);
    check(r#"[{"anything-but": {"equals-ignore-case": ["a", "B"]}}]"#, &[r#""c""#], &[r#""A""#, r#""b""#]);
    check(r#"[{"anything-but": {"wildcard": "*/lib/*"}}]"#, &[r#""/bin/a""#], &[r#""/lib/a""#]);
}

#[test]
fn numeric() {
    check(r#"[{"numeric": ["=", 3]}]"#, &["3", "3.00"], &["4", r#""3""#]);
    check(r#"[{"numeric": [">", 0, "<=", 5]}]"#, &["0.1", "5"], &["0", "5.1", "null"]);
    check(r#"[{"numeric": [">=", 0, "<", 5]}]"#, &["-0", "4.9"], &["-1", "5"]);
    check(r#"[{"numeric": ["<", -5e10]}]"#, &["-6e10"], &["0"]);
    check(r#"[{"numeric": ["<=", 1]}]"#, &["1"], &["1.1"]);
}

#[test]
fn exists() {
    check(r#"[{"exists": true}]"#, &["null", r#""""#, "[1]", "[[false]]"], &["{}", "[]", r#"{"y": 1}"#]);
    check(r#"[{"exists": false}]"#, &["{}", "[]", r#"{"y": 1}"#], &["null", "[1]"]);
    check(r#"["a", {"exists": false}]"#, &[r#""a""#, "{}"], &[r#""b""#]);
}

#[test]
fn cidr() {
    check(r#"[{"cidr": "10.0.0.0/24"}]"#, &[r#""10.0.0.255""#], &[r#""10.0.1.0""#, r#""a""#]);
    check(r#"[{"cidr": "10.0.0.77/24"}]"#, &[r#""10.0.0.0""#], &[r#""9.255.255.255""#]);
    check(r#"[{"cidr": "10.0.0.5/31"}]"#, &[r#""10.0.0.4""#], &[r#""10.0.0.6""#]);
    check(r#"[{"cidr": "2001:db8::/33"}]"#, &[r#""2001:DB8:7fff::1""#], &[r#""2001:db8:8000::""#]);
    check(r#"[{"cidr": "10.0.0.0/8"}]"#, &[r#""::ffff:a00:1""#], &[r#""::ffff:10.0.0.1""#]);
    check(r#"["10.0.0.5"]"#, &[r#""10.0.0.5""#, r#""010.0.0.005""#], &[r#""10.0.0.6""#]);
    check(r#"["2001:db8::1"]"#, &[r#""2001:DB8:0::1""#], &[r#""2001:db8::2""#]);
    // Addresses are compared digit by digit, as far as it takes.
    check(r#"[{"cidr": "0.0.0.0/0"}]"#, &[r#""2001:db8::""#, "10"], &[r#""a""#, "null", "true"]);
}

#[test]
fn arrays() {
    check(r#"["a"]"#, &[r#"["b", "a"]"#, r#"[[["a"]]]"#], &["[]", r#"["b"]"#]);
    let both = r#"{"a": {"b": ["x"], "c": [1]}}"#;
    check_event(both, r#"{"a": [{"b": "x", "c": 1}, {"b": "y"}]}"#, true);
    check_event(both, r#"{"a": [{"b": "x", "c": 2}, {"b": "y", "c": 1}]}"#, false);
    check_event(both, r#"{"a": [{"b": ["y", "x"], "c": [2, 1]}]}"#, true);
    check_event(both, r#"{"a": [{"b": "x"}, {"c": 1}]}"#, false);
    check_event(
        r#"{"a": {"b": ["x"]}, "d": {"c": [1]}}"#,
        r#"{"a": [{}, {"b": "x"}], "d": [{"c": 1}]}"#,
        true,
    );
    // A missing field counts against the elements of the fields before it in the alphabet.
    let event = r#"{"a": [{"b": "x"}, {"b": "y", "c": 1}]}"#;
    check_event(r#"{"a": {"b": ["x"], "c": [{"exists": false}]}}"#, event, true);
    check_event(r#"{"a": {"b": [{"exists": false}], "c": [1]}}"#, event, false);
}

#[test]
fn fields() {
    check_event(r#"{"a": {"b": ["x"]}}"#, r#"{"a.b": "x"}"#, true);
    check_event(r#"{"a.b": ["x"]}"#, r#"{"a": {"b": "x"}}"#, true);
    check_event(r#"{"a": ["x"], "b": ["y"]}"#, r#"{"a": "x"}"#, false);
    // Of two entries for a field the last counts; of two values either does.
    check_event(r#"{"a": ["x"], "a": ["y"]}"#, r#"{"a": "x"}"#, false);
    check_event(r#"{"a": {"b": ["x"]}, "a": {"c": ["y"]}}"#, r#"{"a": {"b": "z", "c": "y"}}"#, false);
    check_event(r#"{"a": ["x"]}"#, r#"{"a": "x", "a": "y"}"#, true);
}

#[test]
fn or() {
    let pattern = r#"{"$or": [{"a": ["x"]}, {"b": ["y"], "$or": [{"c": [1]}, {"d": [2]}]}], "e": ["z"]}"#;
    check_event(pattern, r#"{"a": "x", "e": "z"}"#, true);
    check_event(pattern, r#"{"b": "y", "d": 2, "e": "z"}"#, true);
    check_event(pattern, r#"{"b": "y", "e": "z"}"#, false);
    check_event(pattern, r#"{"a": "x"}"#, false);
    check_event(r#"{"a": {"$or": [{"b": [1]}, {"c": [1]}]}}"#, r#"{"a": {"c": 1}}"#, true);
    // Entries replace one another in the order in which they are written.
    check_event(r#"{"a": ["x"], "$or": [{"a": ["y"]}, {"b": [1]}]}"#, r#"{"a": "y"}"#, true);
    check_event(r#"{"$or": [{"a": ["y"]}, {"b": [1]}], "a": ["x"]}"#, r#"{"a": "y"}"#, false);
    // event-ruler takes the second alternative for the first one.
    check_event(r#"{"$or": [{"a": ["1"]}, {"a": ["1", "3"]}]}"#, r#"{"a": "3"}"#, false);
    check_event(r#"{"$or": [{"a": ["1"]}, {"a": ["3"]}]}"#, r#"{"a": "3"}"#, true);
}

#[test]
fn or_may_be_the_name_of_a_field() {
    check_event(r#"{"$or": ["a"]}"#, r#"{"$or": "a"}"#, true);
    check_event(r#"{"$or": [{"prefix": "a"}, {"suffix": "b"}]}"#, r#"{"$or": "cb"}"#, true);
    check_event(r#"{"$or": {"a": [1]}}"#, r#"{"$or": {"a": 1}}"#, true);
    check_refused(
        r#"{"$or": ["a"], "b": [{"anything-but": {"wildcard": "*"}}]}"#,
        "the event pattern is not valid: $or takes at least two objects",
    );
}

#[test]
fn refused_patterns() {
    let at_x = |list: &str, reason: &str| {
        check_refused(
            &format!(r#"{{"x": {list}}}"#),
            &format!("the event pattern is not valid at \"x\": {reason}"),
        );
    };
    at_x("[]", "an empty list");
    at_x("{}", "an empty object");
    at_x("5", "a field takes a list or an object");
    at_x(r#"[["a"]]"#, "a value is a string, a number, true, false, null or an expression");
    at_x("[{}]", "a match expression has exactly one member");
    at_x(r#"[{"prefix": "a", "suffix": "b"}]"#, "a match expression has exactly one member");
    at_x(r#"[{"regex": "a"}]"#, "unknown match expression");
    at_x(r#"[{"prefix": 5}]"#, "this match expression takes a string");
    at_x(r#"[{"prefix": {"wildcard": "a"}}]"#, "prefix and suffix take a string or equals-ignore-case");
    at_x(r#"[{"exists": "yes"}]"#, "exists takes true or false");
    at_x(r#"[{"wildcard": "a**"}]"#, "two wildcard characters in a row");
    at_x(r#"[{"wildcard": "a\\b"}]"#, "a backslash escapes only '*' and '\\'");
    at_x(r#"[{"anything-but": []}]"#, "anything-but takes no empty list");
    at_x(r#"[{"anything-but": [1, "a"]}]"#, "this match expression takes a string");
    at_x(r#"[{"anything-but": null}]"#, "this match expression takes a string");
    at_x(r#"[{"anything-but": {"prefix": ""}}]"#, "an empty prefix or suffix");
    at_x(r#"[{"anything-but": {"exists": true}}]"#, "unknown expression in anything-but");
    at_x(r#"[{"numeric": 5}]"#, "numeric takes a list");
    at_x(r#"[{"numeric": []}]"#, "numeric takes one or two pairs of an operator and a number");
    at_x(r#"[{"numeric": [">", "a"]}]"#, "this match expression takes a number");
    at_x(r#"[{"numeric": ["!=", 1]}]"#, "a numeric operator is one of = < <= > >=");
    at_x(r#"[{"numeric": ["<", 1, ">", 0]}]"#, "a numeric range begins with > or >=");
    at_x(r#"[{"numeric": [">", 1, "<", 1]}]"#, "the bottom of a numeric range is less than its top");
    at_x(
        r#"[{"numeric": ["=", 9007199254740993]}]"#,
        "this number can't be compared: it has more digits than a double holds",
    );
    at_x(r#"[{"cidr": "10.0.0.0"}]"#, "a CIDR has one '/'");
    at_x(r#"[{"cidr": "10.0.0/8"}]"#, "a CIDR begins with an IP address");
    at_x(r#"[{"cidr": "10.0.0.5/32"}]"#, "a CIDR has fewer mask bits than its address has bits");
    check_refused("[]", "the event pattern is not valid: a pattern is an object");
    check_refused("{}", "the event pattern is not valid: an empty object");
    check_refused("{", "the event pattern is not valid JSON");
    check_refused(
        r#"{"$or": [{"x": ["a"]}, {"numeric": ["a"]}]}"#,
        "the event pattern is not valid at \"numeric\": a reserved name below $or",
    );
}
