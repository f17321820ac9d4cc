//! Whether the webhook answers as GitHub expects.

use super::finding::Finding;
use crate::installation::Installation;
use anyhow::Context;
use functions::{commits::oversized, runtime::error::Error, sources::github::signature::Signature};
use jiff::SignedDuration;
use metrics_lib::datum::OLDEST;
use program::plan::CommitIngestion;
use secrecy::SecretString;
use serde::Deserialize;
use std::{
    fs::File,
    io::{self, Read},
    path::Path,
    time::Duration,
};

const CHECK: &str = "webhook";

/// How long the webhook may take: GitHub waits ten seconds.
const LONGEST: Duration = Duration::from_secs(10);

/// The outputs of the operations stack.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Outputs {
    pub(super) webhook_url: String,
    ledger_table: String,
}

impl Outputs {
    /// What they would be of a world that is played.
    pub(super) fn of_played(installation: &Installation) -> Option<Self> {
        let webhook_url = installation.played_webhook.clone()?;
        Some(Self { webhook_url, ledger_table: installation.config.ledger_table.clone() })
    }
}

/// Reads the outputs, as `pulumi stack output --json` prints them.
pub(super) fn read(file: &Path) -> anyhow::Result<Outputs> {
    let name = file.display();
    let mut text = String::new();
    if file == Path::new("-") {
        io::stdin().read_to_string(&mut text).context("standard input can't be read")?;
    } else {
        let mut file = File::open(file).with_context(|| format!("{name} can't be read"))?;
        file.read_to_string(&mut text).with_context(|| format!("{name} can't be read"))?;
    }
    serde_json::from_str(&text).with_context(|| {
        format!("{name} is not what `pulumi stack output --json` prints of the operations stack")
    })
}

/// Whether the outputs are of this installation.
pub(super) fn outputs(installation: &Installation, outputs: Option<&Outputs>) -> Option<Finding> {
    let table = &installation.config.ledger_table;
    let outputs = outputs?;
    Some(if outputs.ledger_table == *table {
        Finding::ok("outputs", "of the operations stack", "are of this installation")
    } else {
        let found = format!("name the ledger {}, the functions use {table}", outputs.ledger_table);
        let remedy =
            "give the outputs of this installation's operations stack, or another --prefix or --region";
        Finding::failed("outputs", "of the operations stack", found, remedy)
    })
}

/// Whether deliveries were too large to be taken.
pub(super) async fn oversized(installation: &Installation) -> Option<Finding> {
    const SUBJECT: &str = "large deliveries";
    installation.plan.commit_ingestion.as_ref()?;
    let cloudwatch = aws_sdk_cloudwatch::Client::new(installation.sdk());
    let now = installation.now;
    Some(match oversized::oversized(&cloudwatch, now - OLDEST..now + SignedDuration::from_secs(1)).await {
        Ok(0) => Finding::ok(CHECK, SUBJECT, "none was too large in 14 days"),
        Ok(number) => Finding::noted(
            CHECK,
            SUBJECT,
            format!(
                "{number} in 14 days were larger than what Lambda takes: their commits are missing for good"
            ),
            "lead times that lack them say so; what is pushed in smaller parts arrives",
        ),
        Err(error) => Finding::skipped(CHECK, SUBJECT, error.to_string(), "let the operator read metrics"),
    })
}

/// Pings the webhook as GitHub does, signed.
pub(super) async fn ping(installation: &Installation, outputs: Option<&Outputs>) -> Option<Finding> {
    let commit_ingestion = installation.plan.commit_ingestion.as_ref()?;
    let skipped = |found: String, remedy: &str| Some(Finding::skipped(CHECK, "ping", found, remedy));
    let Some(Outputs { webhook_url: url, .. }) = outputs else {
        let remedy = "give the stack's outputs: `pulumi stack output --json | cargo dora doctor --outputs -`";
        return skipped("its address is not known".to_owned(), remedy);
    };
    let secret = match secret(installation, commit_ingestion).await {
        Ok(secret) => secret,
        Err(error) => {
            let remedy = "with a role that may read the secret, a signed ping can be sent";
            return skipped(error.to_string(), remedy);
        }
    };
    Some(match deliver(url, &secret, "ping", PING).await {
        Ok(200) => Finding::ok(CHECK, url, "answers a signed ping"),
        Ok(401) => Finding::failed(
            CHECK,
            url,
            "refuses the signature",
            "the secret was changed less than some minutes ago, or the address is of another installation",
        ),
        Ok(403) => Finding::failed(
            CHECK,
            url,
            "refuses this machine's address",
            "if webhookAllowedCidrs are configured, GitHub may be let in all the same: see the webhook's recent \
             deliveries on GitHub",
        ),
        Ok(status) => {
            let log = &commit_ingestion.webhook.log_group;
            Finding::failed(CHECK, url, format!("answers with status {status}"), format!("see its log {log}"))
        }
        Err(error) => {
            Finding::failed(CHECK, url, unanswered(error), "run `pulumi up` for the operations stack")
        }
    })
}

/// What GitHub signs with.
pub(super) async fn secret(
    installation: &Installation,
    intake: &CommitIngestion,
) -> Result<SecretString, Error> {
    let secrets = aws_sdk_secretsmanager::Client::new(installation.sdk());
    let request = secrets.get_secret_value().secret_id(&intake.secret);
    let found = request.send().await.map_err(Error::aws("secretsmanager:GetSecretValue"))?;
    Ok(SecretString::from(found.secret_string.unwrap_or_default()))
}

/// What GitHub sends first.
pub(super) const PING: &str = r#"{"zen": "Keep it logically awesome.", "hook_id": 0}"#;

/// Delivers what GitHub would, signed. Returns the status of the answer.
pub(super) async fn deliver(
    url: &str,
    secret: &SecretString,
    event: &str,
    body: &str,
) -> reqwest::Result<u16> {
    let request = reqwest::Client::builder().timeout(LONGEST).build()?.post(url);
    let request = request
        .header("content-type", "application/json")
        .header("x-github-event", event)
        .header("x-github-delivery", "00000000-0000-0000-0000-000000000000")
        .header("x-hub-signature-256", Signature::of(body.as_bytes(), secret).to_string())
        .body(body.to_owned());
    Ok(request.send().await?.status().as_u16())
}

/// Why a request was not answered: of the causes, the last says what was in the way.
pub(super) fn unanswered(error: reqwest::Error) -> String {
    let causes: Vec<String> = anyhow::Error::from(error).chain().map(ToString::to_string).collect();
    causes.join(": ")
}
