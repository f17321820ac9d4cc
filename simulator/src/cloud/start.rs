//! Setting up the stacks of a plan.

use super::{Cloud, CloudError, Feed};
use crate::{
    binaries::Binaries, commit_ingestion::CommitIngestion, concurrency::Concurrency, invocation::Host,
    queue::Queue, router::Router, stand_ins, trouble::Troubles, vended::Depths,
};
use fake_aws::{Caller, Clock, Server, Services, lambda::Lambda};
use jiff::Timestamp;
use metrics_lib::{contract::env, place::Place};
use program::{
    plan::{Consumer, Function, Plan},
    settings::ToolingAccount,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};
use tempfile::TempDir;

impl Cloud {
    /// Sets up the stacks of a plan, at an instant.
    ///
    /// # Errors
    /// [`CloudError`].
    pub async fn start(plan: Plan, binaries: &Binaries, now: Timestamp) -> Result<Self, CloudError> {
        let folder = TempDir::with_prefix("dora-")?;
        let clock = Arc::new(Clock::new(folder.path().join("clock"), now)?);
        let server = Server::start(Services::new(stand_ins::resources(&plan), Arc::clone(&clock))).await?;
        let binary = binaries.functions().ok_or(CloudError::Binary)?;
        let lambda = |function: &Function| {
            let name = function.name;
            let log = folder.path().join(format!("{name}.log"));
            let environment = environment(&plan, function, &clock, &server);
            Lambda::new(name, binary.clone(), log, environment, function.timeout.unsigned_abs())
        };
        let feeds = plan.consumers.iter().map(|Consumer { function, queue }| Feed {
            queue: Queue::new(queue.clone()),
            lambda: lambda(function),
        });
        let feeds = feeds.collect();
        let commit_ingestion = match &plan.commit_ingestion {
            Some(commit_ingestion) => {
                let [webhook, transform] =
                    [lambda(&commit_ingestion.webhook), lambda(&commit_ingestion.transform)];
                Some(
                    CommitIngestion::start(
                        (commit_ingestion.api.clone(), commit_ingestion.gate.clone()),
                        webhook,
                        transform,
                    )
                    .await?,
                )
            }
            None => None,
        };
        let (reconciler, next_run) = (lambda(&plan.reconciler.function), now + plan.reconciler.every);
        let widget = lambda(&plan.widget);
        let next_heartbeat = now + plan.heartbeat.every;
        let router = Router::new(&plan)?;
        let (refused, concurrency) = (Vec::new(), Concurrency::default());
        let moved = BTreeMap::new();
        Ok(Self {
            clock,
            host: Host { server, troubles: Troubles::default() },
            router,
            feeds,
            concurrency,
            commit_ingestion,
            reconciler,
            widget,
            next_run,
            next_heartbeat,
            beating: stacks(&plan),
            refused,
            moved,
            undelivered: Vec::new(),
            unstarted: 0,
            put: 0,
            is_awaited: false,
            receipts: 0,
            depths: Depths::default(),
            plan,
            folder,
        })
    }

    /// Updates the functions that events and the schedule invoke to another plan, which differs in their environments only.
    pub fn configure(&mut self, plan: Plan) {
        let (clock, server) = (&self.clock, &self.host.server);
        let environment = |function: &Function| environment(&plan, function, clock, server);
        for (feed, consumer) in self.feeds.iter_mut().zip(&plan.consumers) {
            feed.lambda.configure(environment(&consumer.function));
        }
        self.reconciler.configure(environment(&plan.reconciler.function));
        self.widget.configure(environment(&plan.widget));
        server.services().functions.0 = stand_ins::functions(&plan);
        self.plan = plan;
    }
}

/// The places that have a stack by the plan.
fn stacks(plan: &Plan) -> BTreeSet<Place> {
    let accounts = plan.tooling_accounts.iter().chain(&plan.incident_accounts);
    accounts.flat_map(ToolingAccount::places).chain([plan.place()]).collect()
}

/// The environment that Lambda gives a function, beside what the plan does.
fn environment(plan: &Plan, function: &Function, clock: &Clock, server: &Server) -> BTreeMap<String, String> {
    let planned = function.environment.iter().map(|(name, value)| ((*name).to_owned(), value.clone()));
    let given = [
        ("AWS_REGION", plan.region.clone()),
        ("AWS_DEFAULT_REGION", plan.region.clone()),
        ("AWS_ACCESS_KEY_ID", Caller::role(&plan.ops_account, &function.resource).access_key()),
        ("AWS_SECRET_ACCESS_KEY", "secret".into()),
        ("AWS_SESSION_TOKEN", "token".into()),
        ("AWS_ENDPOINT_URL", server.endpoint()),
        // A call that failed is tried again by the queue, in simulated time; the SDK would wait in real time.
        ("AWS_MAX_ATTEMPTS", "1".into()),
        ("AWS_LAMBDA_FUNCTION_NAME", function.resource.clone()),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", function.memory.to_string()),
        (env::CLOCK_FILE, clock.file().to_string_lossy().into_owned()),
    ];
    planned.chain(given.map(|(name, value)| (name.to_owned(), value))).collect()
}
