//! Athena: executes the statements of a catalogue by their meaning, on the objects of its bucket, and refuses any other
//! text.

use crate::{
    AwsError, Bucket,
    archive::{Archive, Extent},
    resources::{Catalogue, Meaning, Rows},
};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::{Value, json};
use std::{collections::BTreeMap, io};

/// How many rows a page of a result has.
const PAGE: usize = 1000;
/// How many finished queries are kept: functions read a result before they ask for the next, and one that starts a query
/// anew after it was forgotten has it executed again.
const KEPT: usize = 10;

/// How many queries may run at once: the smallest quota of any region. How long one runs is assumed.
/// Source: AWS General Reference, "Amazon Athena endpoints and quotas".
const MOST_QUERIES: (usize, SignedDuration) = (20, SignedDuration::from_secs(5));

/// The queries.
#[derive(Debug, Default)]
pub struct Athena {
    /// Until when the queries run that were started, where they are limited.
    running: Vec<Timestamp>,
    workgroup: String,
    database: String,
    statements: Vec<(&'static str, Meaning)>,
    /// The queries, by id: the rows, or why there are none.
    queries: BTreeMap<u64, (String, Result<Kept, String>)>,
    started: u64,
    /// Whether queries run for ever.
    pub stuck: bool,
    /// How many of the next queries fail.
    pub failing: usize,
}

/// The rows of a result, on disk as the objects are that they come from.
#[derive(Debug)]
struct Kept {
    archive: Archive,
    rows: Extent,
}

impl Kept {
    fn new(rows: &Rows) -> io::Result<Self> {
        let mut archive = Archive::default();
        let rows = archive.put_json(rows)?;
        Ok(Self { archive, rows })
    }

    fn rows(&self) -> io::Result<Rows> {
        self.archive.json(self.rows)
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct StartQueryExecution {
    query_string: String,
    #[serde(default)]
    execution_parameters: Vec<String>,
    client_request_token: String,
    work_group: String,
    query_execution_context: QueryContext,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct QueryContext {
    database: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct QueryId {
    query_execution_id: String,
    next_token: Option<String>,
}

impl Athena {
    /// Queries of a catalogue.
    pub(super) fn new(Catalogue { workgroup, database, statements, .. }: &Catalogue) -> Self {
        let (workgroup, database) = (workgroup.clone(), database.clone());
        Self { workgroup, database, statements: statements.clone(), ..Self::default() }
    }

    /// Answers an operation, at an instant if only some queries may run at once.
    pub(super) fn call_metered(
        &mut self,
        operation: &str,
        input: Value,
        bucket: &Bucket,
        now: Option<Timestamp>,
    ) -> Result<Value, AwsError> {
        if let Some(now) = now.filter(|_| operation == "StartQueryExecution") {
            self.running.retain(|end| *end > now);
            if self.running.len() == MOST_QUERIES.0 {
                let message =
                    "You have exceeded the limit for the number of queries you can run concurrently.";
                return Err(AwsError::new("TooManyRequestsException", message));
            }
            self.running.push(now + MOST_QUERIES.1);
        }
        self.call(operation, input, bucket)
    }

    /// Answers an operation.
    pub(super) fn call(&mut self, operation: &str, input: Value, bucket: &Bucket) -> Result<Value, AwsError> {
        match operation {
            "StartQueryExecution" => self.start(read(input)?, bucket),
            "GetQueryExecution" => {
                let (id, _, (_, result)) = self.query(input)?;
                let status = match result {
                    _ if self.stuck => json!({"State": "RUNNING"}),
                    Ok(_) => json!({"State": "SUCCEEDED"}),
                    Err(reason) => json!({"State": "FAILED", "StateChangeReason": reason}),
                };
                Ok(json!({"QueryExecution": {"QueryExecutionId": id, "Status": status}}))
            }
            "GetQueryResults" => {
                let (_, next, (_, result)) = self.query(input)?;
                let kept = result.as_ref().map_err(|_| invalid("Query did not finish successfully."))?;
                let rows = kept.rows()?;
                let start: usize =
                    next.map_or(Ok(0), |token| token.parse().map_err(|_| invalid("Invalid token")))?;
                let cells = |row: &Vec<Option<String>>| -> Value {
                    let cell = |text: &Option<String>| {
                        text.as_ref().map_or(json!({}), |text| json!({"VarCharValue": text}))
                    };
                    json!({"Data": row.iter().map(cell).collect::<Vec<_>>()})
                };
                let page: Vec<Value> = rows.iter().skip(start).take(PAGE).map(cells).collect();
                let mut output = json!({"ResultSet": {"Rows": page}});
                if start + PAGE < rows.len() {
                    output["NextToken"] = json!((start + PAGE).to_string());
                }
                Ok(output)
            }
            // Queries are done at once or never, so there is nothing to stop.
            "StopQueryExecution" => self.query(input).map(|_| json!({})),
            _ => Err(AwsError::not_implemented("athena", operation)),
        }
    }

    fn start(&mut self, input: StartQueryExecution, bucket: &Bucket) -> Result<Value, AwsError> {
        let StartQueryExecution { query_string, execution_parameters, client_request_token: token, .. } =
            input;
        if input.work_group != self.workgroup {
            return Err(invalid(&format!("WorkGroup {} is not found.", input.work_group)));
        }
        if input.query_execution_context.database != self.database {
            return Err(invalid(&format!(
                "Database {} is not found.",
                input.query_execution_context.database
            )));
        }
        if !(32..=128).contains(&token.len()) {
            return Err(invalid("ClientRequestToken must have 32 to 128 characters."));
        }
        let Some((_, meaning)) = self.statements.iter().find(|(statement, _)| *statement == query_string)
        else {
            let message =
                "this stand-in for Athena executes the statements that it was told the meaning of, no others";
            return Err(AwsError::new("NotImplemented", message).with_status(501));
        };
        let known = self.queries.iter().find(|(_, (other, _))| *other == token).map(|(id, _)| *id);
        let id = if let Some(id) = known {
            id
        } else {
            self.started += 1;
            let result = match self.failing.checked_sub(1) {
                Some(left) => {
                    self.failing = left;
                    Err("GENERIC_INTERNAL_ERROR: the query engine has failed".to_owned())
                }
                None => match execute(*meaning, &execution_parameters, bucket) {
                    Ok(rows) => Ok(Kept::new(&rows)?),
                    Err(reason) => Err(reason),
                },
            };
            self.queries.insert(self.started, (token, result));
            self.started
        };
        if self.queries.len() > KEPT {
            self.queries.pop_first();
        }
        Ok(json!({"QueryExecutionId": id.to_string()}))
    }

    /// The query that a request is about.
    #[expect(clippy::type_complexity, reason = "the parts are used by their names at once")]
    fn query(
        &self,
        input: Value,
    ) -> Result<(String, Option<String>, &(String, Result<Kept, String>)), AwsError> {
        let QueryId { query_execution_id: id, next_token } = read(input)?;
        let query = id.parse().ok().and_then(|number: u64| self.queries.get(&number));
        let query = query.ok_or_else(|| invalid(&format!("QueryExecution {id} was not found")))?;
        Ok((id, next_token, query))
    }
}

/// The rows of a statement.
fn execute(meaning: Meaning, parameters: &[String], bucket: &Bucket) -> Result<Rows, String> {
    let values: Vec<String> = parameters.iter().map(|text| unquoted(text)).collect::<Result<_, _>>()?;
    meaning(&values, bucket)
}

/// The value of a parameter, which is an SQL expression: a quoted literal and nothing else.
fn unquoted(parameter: &str) -> Result<String, String> {
    let inner = parameter.strip_prefix('\'').and_then(|text| text.strip_suffix('\''));
    let inner = inner.filter(|inner| !inner.replace("''", "").contains('\''));
    inner
        .map(|inner| inner.replace("''", "'"))
        .ok_or_else(|| format!("EXPRESSION_NOT_CONSTANT: {parameter} is no constant"))
}

fn read<T: serde::de::DeserializeOwned>(input: Value) -> Result<T, AwsError> {
    serde_json::from_value(input).map_err(|error| invalid(&error.to_string()))
}

fn invalid(message: &str) -> AwsError {
    AwsError::new("InvalidRequestException", message)
}

#[cfg(test)]
mod tests {
    use super::*;

    const STATEMENT: &str = "SELECT line FROM lines WHERE line = ?";

    /// The lines of all objects that are one of the parameters.
    fn lines(parameters: &[String], bucket: &Bucket) -> Result<Rows, String> {
        let mut rows = vec![vec![Some("line".to_owned())]];
        for object in bucket.objects("lines/") {
            let (_, object) = object.map_err(|error| error.to_string())?;
            let text = String::from_utf8(object).map_err(|error| format!("HIVE_CURSOR_ERROR: {error}"))?;
            let asked = text.lines().filter(|line| parameters.iter().any(|of| of == line));
            rows.extend(asked.map(|line| vec![Some(line.to_owned())]));
        }
        Ok(rows)
    }

    fn run(statement: &str, parameters: &[&str]) -> Result<Value, AwsError> {
        let mut bucket = Bucket::default();
        bucket.put("lines/1".into(), b"a\nit's\na").unwrap();
        bucket.put("other/1".into(), b"a").unwrap();
        let mut athena = Athena::new(&Catalogue {
            workgroup: "group".into(),
            database: "base".into(),
            table: "lines".into(),
            bucket: "bucket".into(),
            results_bucket: "results".into(),
            statements: vec![(STATEMENT, lines)],
        });
        let start = json!({
            "QueryString": statement,
            "ExecutionParameters": parameters,
            "ClientRequestToken": "0".repeat(32),
            "WorkGroup": "group",
            "QueryExecutionContext": {"Database": "base"},
        });
        let id = athena.call("StartQueryExecution", start, &bucket)?;
        let status = athena.call("GetQueryExecution", id.clone(), &bucket)?;
        if status["QueryExecution"]["Status"]["State"] == "FAILED" {
            return Ok(status["QueryExecution"]["Status"]["StateChangeReason"].clone());
        }
        let rows = athena.call("GetQueryResults", id, &bucket)?["ResultSet"]["Rows"].take();
        Ok(json!(rows.as_array().map_or(0, Vec::len) - 1))
    }

    #[test]
    fn parameters_are_constants() {
        fn check(parameter: &str, expected: Value) {
            assert_eq!(run(STATEMENT, &[parameter]).unwrap(), expected, "{parameter}");
        }
        check("'a'", json!(2));
        check("'it''s'", json!(1));
        check("'x'' OR 1=1'", json!(0));
        check("a", json!("EXPRESSION_NOT_CONSTANT: a is no constant"));
        check("'x' OR '1'='1'", json!("EXPRESSION_NOT_CONSTANT: 'x' OR '1'='1' is no constant"));
    }

    #[test]
    fn other_statements_are_refused() {
        assert_eq!(run("SELECT 1", &[]).unwrap_err().status, 501);
    }
}
