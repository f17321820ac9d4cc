//! The widget of the dashboards: what the figures are made of, and by which days, weeks and calendar months they go.
//!
//! CloudWatch invokes the function as whoever looks at the dashboard, with the dashboard's time range, and shows the HTML
//! that it answers. It reads the ledger and nothing else. Source: CloudWatch user guide, "Details about a custom widget".

mod csv;
mod facts;
mod html;
mod page;
mod periods;
mod quick_check;
mod repositories;
mod request;
mod table;
mod views;

use crate::{
    ledger::Ledger,
    runtime::{
        clock::Clock,
        config::{ConfigError, WidgetConfig},
        error::Error,
    },
};
use aws_config::BehaviorVersion;
use lambda_runtime::{
    LambdaEvent, service_fn,
    tracing::{self, error},
};
use metrics_lib::fact::Teams;
use page::Page;
use request::{Asked, Repositories, Request, View};
use serde_json::{Value, json};
use table::Table;

/// What the widget says of itself in the console, as Markdown.
const DESCRIPTION: &str = include_str!("widget/description.md");

/// What the function is made of.
#[derive(Debug)]
struct Widget {
    ledger: Ledger,
    teams: Teams,
    clock: Clock,
}

/// Runs the Lambda function.
///
/// # Errors
/// A configuration that can't be used; what the runtime fails with.
pub async fn run() -> Result<(), lambda_runtime::Error> {
    tracing::init_default_subscriber();
    let widget = &Widget::new().await.inspect_err(|invalid| {
        error!(error.message = %invalid, "the function is not configured");
    })?;
    lambda_runtime::run(service_fn(async |event: LambdaEvent<Value>| {
        let endpoint = &event.context.invoked_function_arn;
        widget.answer(&event.payload, endpoint).await.inspect_err(|error| {
            error!(error.type = error.error_type(), error.code = error.code(), error.message = %error, "widget failed");
        })
    }))
    .await
}

impl Widget {
    async fn new() -> Result<Self, ConfigError> {
        let WidgetConfig { ledger_table, teams, clock } =
            WidgetConfig::read(|name| std::env::var(name).ok())?;
        let sdk = aws_config::load_defaults(BehaviorVersion::latest()).await;
        let ledger = Ledger::new(aws_sdk_dynamodb::Client::new(&sdk), ledger_table);
        Ok(Self { ledger, teams, clock })
    }

    /// What CloudWatch shows: HTML, or Markdown where it asks what the widget is.
    async fn answer(&self, event: &Value, endpoint: &str) -> Result<Value, Error> {
        let now = self.clock.now()?;
        let request = match Request::read(event, now) {
            Ok(Asked::Description) => return Ok(json!({ "markdown": DESCRIPTION })),
            Ok(Asked::Table(request)) => request,
            Err(unusable) => return Ok(html::message(&unusable.to_string()).into()),
        };
        let whose = match request.of.repositories(&self.teams) {
            Ok(whose) => whose,
            Err(unknown) => return Ok(html::message(&unknown.to_string()).into()),
        };
        let table = self.table(&request, whose, now).await?;
        let page = Page { request: &request, teams: &self.teams, endpoint };
        Ok(if request.csv { page.csv(&table) } else { page.html(&table) }.into())
    }

    async fn table(
        &self,
        request: &Request,
        whose: Repositories<'_>,
        now: jiff::Timestamp,
    ) -> Result<Table, Error> {
        let (ledger, range) = (&self.ledger, request.range.clone());
        match request.view {
            View::Deployments => views::deployments(ledger, range, whose).await,
            View::Failures => views::failures(ledger, range, now, whose).await,
            View::Incidents => views::incidents(ledger, range, now, whose).await,
            View::Slowest => views::slowest(ledger, range, whose).await,
            View::Parts => views::parts(ledger, range, whose).await,
            View::Excluded => views::excluded(ledger, range, whose).await,
            View::Repositories => repositories::table(ledger, range, now, whose).await,
            View::QuickCheck => quick_check::table(ledger, range, whose).await,
            View::Periods(period) => periods::table(ledger, period, range.end.min(now), now, whose).await,
        }
    }
}
