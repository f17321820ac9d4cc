//! The way of GitHub's deliveries: from API Gateway over the webhook's function, Firehose and the lake to Athena's answer.
//!
//! A ping is answered without effect. A push of a repository that nobody has goes all the way: it has no id, so that its name is not
//! kept, and no pipeline deploys it, so that nobody asks for its commits.

use super::way::Way;
use crate::{
    doctor::{
        finding::Finding,
        resources::UP,
        webhook::{self, Outputs, PING, deliver, unanswered},
    },
    installation::Installation,
};
use functions::{
    reconciler::{Task, probe::ProbeRequest},
    runtime::{clock::Clock, error::Error},
};
use jiff::{SignedDuration, Timestamp};
use metrics_lib::contract::probe;
use program::plan::CommitIngestion;
use secrecy::SecretString;
use serde_json::json;
use std::time::Duration;
use tokio::time::sleep;
use uuid::Uuid;

/// How long records may take, beside what Firehose gathers them.
const LONGEST: SignedDuration = SignedDuration::from_mins(2);
/// How long to wait before asking again: each time is a query.
const POLL: Duration = Duration::from_secs(15);

/// The hops of the way.
struct Hops {
    api: String,
    function: String,
    secret: String,
    stream: String,
    lake: String,
    workgroup: String,
}

impl Hops {
    fn of(intake: &CommitIngestion) -> Self {
        Self {
            api: format!("API {}", intake.api),
            function: format!("function {}", intake.webhook.resource),
            secret: format!("secret {}", intake.secret),
            stream: format!("stream {}", intake.stream.name),
            lake: format!("{} on the way to bucket {}", intake.transform.resource, intake.bucket),
            workgroup: format!("workgroup {}", intake.workgroup),
        }
    }
}

/// Sends a ping and a push, and looks for the push in the lake.
pub(super) async fn lake(
    installation: &Installation,
    outputs: Option<&Outputs>,
    id: Uuid,
) -> Result<Vec<Finding>, Error> {
    let Some(intake) = &installation.plan.commit_ingestion else { return Ok(Vec::new()) };
    let skipped = |found: &str, remedy: &str| {
        vec![Finding::skipped("probe", "to the lake", found.to_owned(), remedy.to_owned())]
    };
    let Some(Outputs { webhook_url: url, .. }) = outputs else {
        return Ok(skipped("the webhook's address is not known", "give the stack's outputs: --outputs"));
    };
    let secret = match webhook::secret(installation, intake).await {
        Ok(secret) => secret,
        Err(error) => {
            return Ok(skipped(&error.to_string(), "let the operator read the webhook's secret"));
        }
    };
    let mut way = Way::new("the lake");
    let hops = Hops::of(intake);
    let sent = installation.clock.now()?;
    knock(installation, &mut way, &hops, (url, &secret), sent).await?;
    push(installation, &mut way, &hops, (url, &secret), (id, sent)).await?;
    if way.is_broken {
        for hop in [&hops.lake, &hops.workgroup] {
            way.passed(hop, None);
        }
    } else {
        look(installation, &mut way, &hops, ProbeRequest { id, sent }).await?;
    }
    Ok(way.findings)
}

/// As far as the secret: a ping.
async fn knock(
    installation: &Installation,
    way: &mut Way,
    hops: &Hops,
    (url, secret): (&str, &SecretString),
    sent: Timestamp,
) -> Result<(), Error> {
    let answer = deliver(url, secret, "ping", PING).await.map_err(unanswered);
    let after = Some(installation.clock.now()?.duration_since(sent));
    let status = |status: u16| format!("answers with status {status}");
    let log = "see the function's log";
    match &answer {
        Err(error) => way.failed(&hops.api, error, UP),
        // What comes through is answered by the function, or, where that fails, in its place.
        Ok(200 | 401 | 502 | 503) => way.passed(&hops.api, after),
        Ok(other) => {
            way.failed(&hops.api, status(*other), "docs/OPERATIONS.md, What the webhook lets through")
        }
    }
    match answer {
        Ok(502) => way.failed(&hops.function, status(502), log),
        _ => way.passed(&hops.function, after),
    }
    match answer {
        Ok(401) => way.failed(
            &hops.secret,
            "is not what the function verifies with",
            "wait some minutes after it was changed",
        ),
        Ok(503) => way.failed(&hops.secret, "can't be read by the function", log),
        _ => way.passed(&hops.secret, after),
    }
    Ok(())
}

/// As far as Firehose: a push.
async fn push(
    installation: &Installation,
    way: &mut Way,
    hops: &Hops,
    (url, secret): (&str, &SecretString),
    (id, sent): (Uuid, Timestamp),
) -> Result<(), Error> {
    if way.is_broken {
        way.passed(&hops.stream, None);
        return Ok(());
    }
    let commit = format!("{:0>40}", id.simple().to_string());
    let body = json!({
        "ref": "refs/heads/main",
        "before": "0".repeat(40),
        "after": commit,
        "repository": {"full_name": probe::repository(id)},
        "commits": [{"id": commit, "timestamp": sent, "message": ""}],
    });
    match deliver(url, secret, "push", &body.to_string()).await.map_err(unanswered) {
        Ok(200) => way.passed(&hops.stream, Some(installation.clock.now()?.duration_since(sent))),
        Ok(status) => way.failed(
            &hops.stream,
            format!("did not take the push: the webhook answers with status {status}"),
            "see the function's log",
        ),
        Err(error) => way.failed(&hops.stream, error, "see the function's log"),
    }
    Ok(())
}

/// From Firehose to Athena's answer: the reconciler asks, as the functions do.
async fn look(
    installation: &Installation,
    way: &mut Way,
    hops: &Hops,
    request: ProbeRequest,
) -> Result<(), Error> {
    let Some(intake) = &installation.plan.commit_ingestion else { return Ok(()) };
    let gathered = request.sent + intake.stream.buffer_interval;
    let deadline = gathered + LONGEST;
    loop {
        let now = installation.clock.now()?;
        let is_real = matches!(installation.clock, Clock::System);
        // Before that, a query costs and finds nothing.
        if is_real && now < gathered {
            sleep(POLL).await;
            continue;
        }
        let asked = installation.ask::<usize>(&Task::Probe(request)).await;
        let after = Some(installation.clock.now()?.duration_since(request.sent));
        let found = match asked {
            Ok(Ok(1..)) => {
                way.passed(&hops.lake, after);
                way.passed(&hops.workgroup, after);
                return Ok(());
            }
            Ok(Ok(0)) => None,
            Ok(Err(failed)) => Some(failed.message),
            Err(error) => Some(format!("{error:#}")),
        };
        if now < deadline {
            if is_real {
                sleep(POLL).await;
            }
            continue;
        }
        match found {
            None => {
                let remedy = format!(
                    "see the log {}; what could not be delivered is in bucket {} below {}",
                    intake.transform.log_group, intake.bucket, intake.stream.error_prefix
                );
                let found =
                    format!("has not come to the lake in {:#}", LONGEST + intake.stream.buffer_interval);
                way.failed(&hops.lake, found, remedy);
                way.passed(&hops.workgroup, after);
            }
            Some(error) => {
                way.unknown(&hops.lake, "is not known: the lake can't be asked");
                way.failed(&hops.workgroup, error, UP);
            }
        }
        return Ok(());
    }
}
