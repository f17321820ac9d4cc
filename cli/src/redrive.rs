//! `cargo dora redrive`: puts dead letters back, and has the reconciler try again what it has set aside.

use crate::{
    installation::{Installation, Options},
    output, progress,
};
use aws_sdk_sqs::{
    Client,
    types::{ListMessageMoveTasksResultEntry, QueueAttributeName},
};
use clap::Args;
use functions::{reconciler::Task, runtime::error::Error};
use serde::Serialize;
use std::{
    fmt::{self, Display, Formatter},
    process::ExitCode,
    time::Duration,
};
use tokio::time::sleep;

/// How often SQS is asked how far it is.
const POLL: Duration = Duration::from_secs(2);

/// What is to be put back.
#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// Only those of this function, such as `deployments`; repeatable.
    #[arg(long = "function", value_name = "FUNCTION")]
    functions: Vec<String>,
    /// Only tell how many there are.
    #[arg(long)]
    dry_run: bool,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    installation: Options,
}

/// What became of the dead letters.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Redriven {
    dry_run: bool,
    queues: Vec<Queue>,
    /// How much the reconciler has set aside; it tries that again in its next run, unless this run is dry. None if it was not
    /// asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    set_aside: Option<usize>,
}

/// A dead-letter queue.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Queue {
    queue: String,
    /// How many messages it held.
    messages: usize,
    /// How many were put back; none if it was not tried.
    #[serde(skip_serializing_if = "Option::is_none")]
    moved: Option<usize>,
    /// Why messages are still there.
    #[serde(skip_serializing_if = "Option::is_none")]
    left: Option<String>,
}

/// Puts dead letters back.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let redriven = arguments.installation.run(async |installation| redrive(arguments, installation).await)?;
    let is_left = redriven.queues.iter().any(|queue| queue.left.is_some());
    output::print(&redriven, arguments.json, is_left)
}

async fn redrive(arguments: &Arguments, installation: &Installation) -> anyhow::Result<Redriven> {
    let Arguments { functions, dry_run, .. } = arguments;
    let plan = &installation.plan;
    let known: Vec<&str> = plan.consumers.iter().map(|consumer| consumer.function.name).collect();
    if let Some(unknown) = functions.iter().find(|function| !known.contains(&function.as_str())) {
        anyhow::bail!("--function {unknown} has no queue; those that have are {}", known.join(", "));
    }
    let sqs = Client::new(installation.sdk());
    let mut queues = Vec::new();
    for consumer in &plan.consumers {
        if functions.is_empty() || functions.iter().any(|function| function == consumer.function.name) {
            let mut queue = look(&sqs, &consumer.queue.dead_letter_queue).await?;
            if queue.messages > 0 && !dry_run {
                put_back(&sqs, installation, &mut queue, arguments.installation.progress).await?;
            }
            queues.push(queue);
        }
    }
    if functions.is_empty() {
        for name in [&plan.undelivered, &plan.reconciler.dead_letter_queue] {
            let queue = look(&sqs, name).await?;
            let left = (queue.messages > 0).then(|| NO_WAY_BACK.to_owned());
            queues.push(Queue { left, ..queue });
        }
    }
    let set_aside = match functions.is_empty() {
        true => Some(set_aside(installation, *dry_run).await?),
        false => None,
    };
    Ok(Redriven { dry_run: *dry_run, queues, set_aside })
}

/// How much the reconciler has set aside. It is tried again, unless the run is dry.
async fn set_aside(installation: &Installation, dry_run: bool) -> anyhow::Result<usize> {
    if dry_run {
        let backlog = installation.ledger().backlog(installation.now).await?;
        return Ok(backlog.iter().filter(|left| left.is_set_aside()).count());
    }
    match installation.ask::<usize>(&Task::Redrive {}).await? {
        Ok(set_aside) => Ok(set_aside),
        Err(failed) => anyhow::bail!("what is set aside can't be brought back: {}", failed.message),
    }
}

/// Why messages that no function got can't be put back, and need not.
const NO_WAY_BACK: &str = "they came from a rule or a schedule, which takes nothing back; what they tell, the reconciler \
                           finds by itself. When the cause is gone, purge the queue";

/// How many messages a queue holds.
async fn look(sqs: &Client, name: &str) -> anyhow::Result<Queue> {
    let attribute = QueueAttributeName::ApproximateNumberOfMessages;
    let url = sqs.get_queue_url().queue_name(name).send().await.map_err(Error::aws("sqs:GetQueueUrl"))?;
    let request = sqs.get_queue_attributes().set_queue_url(url.queue_url).attribute_names(attribute.clone());
    let found = request.send().await.map_err(Error::aws("sqs:GetQueueAttributes"))?;
    let number = found.attributes().and_then(|attributes| attributes.get(&attribute)?.parse().ok());
    Ok(Queue { queue: name.to_owned(), messages: number.unwrap_or_default(), moved: None, left: None })
}

/// Has SQS put the messages back, and waits until it has.
async fn put_back(
    sqs: &Client,
    installation: &Installation,
    queue: &mut Queue,
    progress: progress::Options,
) -> anyhow::Result<()> {
    let arn = installation.names.arn("sqs", &queue.queue);
    let request = sqs.start_message_move_task().source_arn(&arn);
    request.send().await.map_err(Error::aws("sqs:StartMessageMoveTask"))?;
    let progress = progress
        .begin(queue.messages as u64, format!("of {} messages of {}", queue.messages, queue.queue))?;
    loop {
        let request = sqs.list_message_move_tasks().source_arn(&arn).max_results(1);
        let tasks = request.send().await.map_err(Error::aws("sqs:ListMessageMoveTasks"))?;
        let Some(task) = tasks.results().first() else {
            anyhow::bail!("SQS has forgotten that it moves the messages of {}", queue.queue)
        };
        let moved = usize::try_from(task.approximate_number_of_messages_moved()).unwrap_or_default();
        progress.set(moved as u64);
        match task.status() {
            Some("RUNNING" | "CANCELLING") => sleep(POLL).await,
            Some("COMPLETED") => {
                queue.moved = Some(moved);
                break;
            }
            status => {
                queue.moved = Some(moved);
                queue.left = Some(reason(status, task));
                break;
            }
        }
    }
    Ok(())
}

fn reason(status: Option<&str>, task: &ListMessageMoveTasksResultEntry) -> String {
    let why = task.failure_reason().unwrap_or("SQS does not say why");
    format!("moving them ended as {}: {why}", status.unwrap_or("?"))
}

impl Display for Redriven {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for Queue { queue, messages, moved, left } in &self.queues {
            write!(f, "{queue}: ")?;
            match (messages, moved) {
                (0, _) => write!(f, "empty")?,
                (_, Some(moved)) => write!(f, "{moved} of {messages} messages put back")?,
                (_, None) => write!(f, "{messages} messages")?,
            }
            match left {
                Some(left) => writeln!(f, "; {left}")?,
                None => writeln!(f)?,
            }
        }
        match (self.set_aside, self.dry_run) {
            (None | Some(0), _) => Ok(()),
            (Some(number), true) => writeln!(f, "set aside by the reconciler: {number}"),
            (Some(number), false) => {
                writeln!(f, "set aside by the reconciler: {number}; its next run tries again")
            }
        }
    }
}
