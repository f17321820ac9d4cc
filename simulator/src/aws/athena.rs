//! Athena: executes the statements of the lake by their meaning, on the objects that Firehose has written, and refuses
//! any other text.

use super::{
    AwsError,
    archive::{Archive, Extent},
};
use jiff::{SignedDuration, Timestamp};
use metrics_lib::lake::{CHANGES_STATEMENT, COLUMNS};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::{collections::BTreeMap, io};

/// The rows of a result: the columns' texts.
type Rows = Vec<Vec<Option<String>>>;

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
    /// The queries, by id: the rows, or why there are none.
    queries: BTreeMap<u64, (String, Result<Kept, String>)>,
    started: u64,
    /// Whether queries run for ever.
    pub stuck: bool,
    /// How many of the next queries fail.
    pub failing: usize,
}

/// The rows of a result, on disk as the lake is that they come from.
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

/// The objects of the lake's bucket.
#[derive(Debug, Default)]
pub struct Lake {
    objects: BTreeMap<String, Extent>,
    archive: Archive,
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

impl Lake {
    /// Puts an object in place of the one with its key.
    ///
    /// # Errors
    /// When it can't be kept on disk.
    pub fn put(&mut self, key: String, object: &[u8]) -> io::Result<()> {
        self.objects.insert(key, self.archive.put(object)?);
        Ok(())
    }

    /// Deletes an object.
    pub fn delete(&mut self, key: &str) {
        self.objects.remove(key);
    }

    /// The objects whose keys begin with a prefix, in order of their keys.
    ///
    /// # Errors
    /// An object that can't be read from disk.
    pub fn objects(&self, prefix: &str) -> impl Iterator<Item = io::Result<(&str, Vec<u8>)>> {
        self.places(prefix).map(|(key, place)| Ok((key, self.archive.get(place)?)))
    }

    fn places(&self, prefix: &str) -> impl Iterator<Item = (&str, Extent)> {
        let objects = self.objects.range(prefix.to_owned()..);
        objects.map(|(key, place)| (key.as_str(), *place)).take_while(move |(key, _)| key.starts_with(prefix))
    }
}

impl Athena {
    /// Queries of a workgroup and database.
    pub(super) fn new(workgroup: &str, database: &str) -> Self {
        Self { workgroup: workgroup.to_owned(), database: database.to_owned(), ..Self::default() }
    }

    /// Answers an operation, at an instant if only some queries may run at once.
    pub(super) fn call_metered(
        &mut self,
        operation: &str,
        input: Value,
        lake: &Lake,
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
        self.call(operation, input, lake)
    }

    /// Answers an operation.
    pub(super) fn call(&mut self, operation: &str, input: Value, lake: &Lake) -> Result<Value, AwsError> {
        match operation {
            "StartQueryExecution" => self.start(read(input)?, lake),
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

    fn start(&mut self, input: StartQueryExecution, lake: &Lake) -> Result<Value, AwsError> {
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
        if query_string != CHANGES_STATEMENT {
            let message = "the single-machine cloud executes the statements of the lake and no others";
            return Err(AwsError::new("NotImplemented", message).with_status(501));
        }
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
                None => match changes(&execution_parameters, lake) {
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

/// The meaning of [`CHANGES_STATEMENT`].
fn changes(parameters: &[String], lake: &Lake) -> Result<Rows, String> {
    let values: Vec<String> = parameters.iter().map(|text| unquoted(text)).collect::<Result<_, _>>()?;
    let [bucket, first, last, repository] = values.as_slice() else {
        return Err(format!("Incorrect number of parameters: expected 4 but found {}", values.len()));
    };
    let names: Vec<&str> = COLUMNS.iter().map(|(name, _)| *name).collect();
    let mut rows = vec![names.iter().map(|name| Some((*name).to_owned())).collect()];
    let folder = format!("changes/bucket={bucket}/day=");
    for (key, place) in lake.places(&folder) {
        let day = key[folder.len()..].split('/').next().unwrap_or_default();
        if day < first.as_str() || day > last.as_str() {
            continue;
        }
        let object = lake.archive.get(place).map_err(|error| format!("HIVE_CURSOR_ERROR: {key}: {error}"))?;
        for line in object.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            let row: Map<String, Value> =
                serde_json::from_slice(line).map_err(|error| format!("HIVE_CURSOR_ERROR: {key}: {error}"))?;
            let name = row.get("repository").and_then(Value::as_str).map(str::to_lowercase);
            if name.as_ref() == Some(repository) {
                rows.push(names.iter().map(|name| row.get(*name).and_then(text)).collect());
            }
        }
    }
    Ok(rows)
}

/// The text of a column.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
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

    fn run(statement: &str, parameters: &[&str]) -> Result<Value, AwsError> {
        let line = |repository: &str| {
            format!("{{\"kind\": \"push\", \"repository\": \"{repository}\", \"part\": 0}}\n")
        };
        let mut lake = Lake::default();
        for (folder, lines) in [
            ("bucket=03/day=2026-06-14", line("acme/shop")),
            ("bucket=03/day=2026-06-15", line("Acme/Shop") + &line("acme/other")),
            ("bucket=04/day=2026-06-15", line("acme/shop")),
        ] {
            lake.put(format!("changes/{folder}/a"), lines.as_bytes()).unwrap();
        }
        let mut athena = Athena::new("dora", "dora");
        let start = json!({
            "QueryString": statement,
            "ExecutionParameters": parameters,
            "ClientRequestToken": "0".repeat(32),
            "WorkGroup": "dora",
            "QueryExecutionContext": {"Database": "dora"},
        });
        let id = athena.call("StartQueryExecution", start, &lake)?;
        let status = athena.call("GetQueryExecution", id.clone(), &lake)?;
        if status["QueryExecution"]["Status"]["State"] == "FAILED" {
            return Ok(status["QueryExecution"]["Status"]["StateChangeReason"].clone());
        }
        let rows = athena.call("GetQueryResults", id, &lake)?["ResultSet"]["Rows"].take();
        Ok(json!(rows.as_array().map_or(0, Vec::len) - 1))
    }

    #[test]
    fn partitions_and_rows() {
        fn check(parameters: [&str; 4], expected: Value) {
            assert_eq!(run(CHANGES_STATEMENT, &parameters).unwrap(), expected, "{parameters:?}");
        }
        check(["'03'", "'2026-06-14'", "'2026-06-15'", "'acme/shop'"], json!(2));
        check(["'03'", "'2026-06-15'", "'2026-06-15'", "'acme/shop'"], json!(1));
        check(["'03'", "'2026-06-15'", "'2026-06-15'", "'Acme/Shop'"], json!(0));
        check(["'3'", "'2026-06-14'", "'2026-06-15'", "'acme/shop'"], json!(0));
        check(["'03'", "'2026-06-14'", "'2026-06-15'", "'x'' OR 1=1'"], json!(0));
        let refused = json!("EXPRESSION_NOT_CONSTANT: acme/shop is no constant");
        check(["'03'", "'2026-06-14'", "'2026-06-15'", "acme/shop"], refused);
        let refused = json!("EXPRESSION_NOT_CONSTANT: 'x' OR '1'='1' is no constant");
        check(["'03'", "'2026-06-14'", "'2026-06-15'", "'x' OR '1'='1'"], refused);
    }

    #[test]
    fn other_statements_are_refused() {
        assert_eq!(run("SELECT 1", &[]).unwrap_err().status, 501);
    }
}
