//! Letting time pass, and what it brings.

use super::{Cloud, CloudError, Feed};
use crate::{trouble::Trouble, vended};
use jiff::{SignedDuration, Timestamp};
use metrics_lib::contract::probe;
use serde_json::json;

/// How long the clock runs on at the most, after the last that happens, until no message waits.
const LONGEST_WAIT: SignedDuration = SignedDuration::from_hours(14 * 24);

/// What time brings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Work {
    /// Firehose delivers what it has gathered.
    Flush,
    /// A feed's function gets a batch.
    Deliver(usize),
    /// The schedules put heartbeats.
    Heartbeat,
    /// The schedule invokes the reconciler.
    Reconcile,
}

impl Cloud {
    /// Lets time pass up to an instant; functions get what becomes visible on the way.
    ///
    /// # Errors
    /// [`CloudError`].
    pub async fn advance_to(&mut self, time: Timestamp) -> Result<(), CloudError> {
        while let Some((due, work)) = self.next_work()
            && due <= time
        {
            self.advance_clock(due)?;
            let lake_refuses = self.host.troubles.contains(Trouble::LakeRefuses);
            match (work, &mut self.commit_ingestion) {
                (Work::Flush, _) if lake_refuses => {
                    let now = self.clock.now();
                    self.host.server.services().firehose.postpone(now);
                }
                (Work::Flush, Some(commit_ingestion)) => {
                    commit_ingestion.flush(&self.host, self.clock.now()).await?
                }
                (Work::Flush, None) => {}
                (Work::Deliver(index), _) => self.deliver_batch(index).await?,
                (Work::Heartbeat, _) => {
                    self.next_heartbeat = due + self.plan.heartbeat.every;
                    self.beat()?;
                }
                (Work::Reconcile, _) => {
                    self.next_run = due + self.plan.reconciler.every;
                    self.start_reconciler().await?;
                }
            }
        }
        self.advance_clock(time)
    }

    /// Sets the clock to an instant before which nothing happens.
    fn advance_clock(&mut self, time: Timestamp) -> Result<(), CloudError> {
        let mut services = self.host.server.services();
        if services.vends {
            let queues = self.feeds.iter().map(|feed| &feed.queue);
            let letters = queues
                .clone()
                .map(|queue| (queue.plan().dead_letter_queue.as_str(), queue.dead_letters().len()))
                .chain([
                    (self.plan.undelivered.as_str(), self.undelivered.len()),
                    (self.plan.reconciler.dead_letter_queue.as_str(), self.unstarted),
                ]);
            vended::gauges(&mut services, &mut self.depths, queues, letters, (self.clock.now(), time));
        }
        drop(services);
        self.clock.advance_to(time)?;
        Ok(())
    }

    /// Lets time pass until no message waits, at most 14 days.
    ///
    /// # Errors
    /// [`CloudError`].
    pub async fn finish(&mut self) -> Result<(), CloudError> {
        let end = self.now() + LONGEST_WAIT;
        while let Some((due, _)) = self.next_delivery()
            && due <= end
        {
            self.advance_to(due).await?;
        }
        Ok(())
    }

    /// What is to be done next, and when. Records come first: a query at the same time finds them.
    fn next_work(&self) -> Option<(Timestamp, Work)> {
        let scheduled = [(self.next_run, Work::Reconcile), (self.next_heartbeat, Work::Heartbeat)];
        self.next_delivery().into_iter().chain(scheduled).min()
    }

    /// What waits for a function or for the lake, and until when.
    fn next_delivery(&self) -> Option<(Timestamp, Work)> {
        let flush = self.host.server.services().firehose.due().map(|due| (due, Work::Flush));
        let now = self.now();
        let is_on = |feed: &Feed| !self.host.troubles.has_no_trigger(feed.lambda.name());
        let messages =
            self.feeds.iter().enumerate().filter(|(_, feed)| is_on(feed)).filter_map(|(index, feed)| {
                Some((self.concurrency.next(index, &feed.queue, now)?, Work::Deliver(index)))
            });
        flush.into_iter().chain(messages).min()
    }

    /// What the schedules of heartbeats do.
    fn beat(&mut self) -> Result<(), CloudError> {
        if self.host.troubles.contains(Trouble::HeartbeatsOff) {
            return Ok(());
        }
        for place in self.beating.clone() {
            let source = self.plan.probe_source.clone();
            self.put(place, source, probe::DETAIL_TYPE.to_owned(), &json!({"heartbeat": {}}))?;
        }
        Ok(())
    }

    /// What the schedule does: it invokes the reconciler.
    async fn start_reconciler(&mut self) -> Result<(), CloudError> {
        if self.host.troubles.contains(Trouble::ScheduleOff) {
            return Ok(());
        }
        if self.host.troubles.contains(Trouble::ScheduleRefused) {
            self.unstarted += 1;
            return Ok(());
        }
        if self.host.is_throttled(&self.reconciler) {
            // Lambda tries an asynchronous invocation again, in the end every five minutes. Source: AWS Lambda developer guide,
            // "How Lambda handles errors and retries with asynchronous invocation".
            self.next_run = self.now() + SignedDuration::from_mins(5);
            return Ok(());
        }
        self.reconcile().await.map(drop)
    }
}
