//! How long the dashboards' widget takes to show each view of a year of 10,000 deployments. With `--quick`, each once.

use jiff::{SignedDuration, Timestamp};
use program::{plan::Plan, settings::Settings};
use scenarios::{sample, year::ten_thousand_deployments_before};
use serde_json::json;
use simulator::{binaries::Binaries, cloud::Cloud};
use std::{
    env,
    error::Error,
    io::Write,
    time::{Duration, Instant},
};

/// How often each view is asked for.
const TIMES: usize = 40;
const VIEWS: [&str; 8] =
    ["deployments", "failures", "incidents", "slowest", "parts", "excluded", "repositories", "months"];

fn main() -> Result<(), Box<dyn Error>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let times = if env::args().any(|argument| argument == "--quick") { 1 } else { TIMES };
    runtime.block_on(measure(&Binaries::build()?, times))
}

async fn measure(binaries: &Binaries, times: usize) -> Result<(), Box<dyn Error>> {
    let end: Timestamp = "2026-06-15T00:00:00Z".parse()?;
    let mut plan = Plan::new(&Settings::from_json(&sample::config())?)?;
    // It is measured even where it takes too long.
    plan.widget.timeout = SignedDuration::from_mins(10);
    let mut cloud = Cloud::start(plan, binaries, end).await?;
    let table = cloud.plan().ledger.name.clone();
    for item in ten_thousand_deployments_before(end) {
        cloud.server().services().dynamodb.put(&table, &item)?;
    }
    for (days, name) in [(14, "14 days"), (400, "400 days")] {
        let start = end - SignedDuration::from_hours(24 * days);
        let range = json!({"start": start.as_millisecond(), "end": end.as_millisecond()});
        for view in VIEWS {
            let event = json!({"view": view, "widgetContext": {"timeRange": range}}).to_string();
            let (mut took, mut bytes) = (Vec::new(), 0);
            for _ in 0..times {
                let begun = Instant::now();
                let reply = cloud.look(event.clone()).await?.map_err(|failure| format!("{failure:?}"))?;
                took.push(begun.elapsed());
                bytes = reply.len();
            }
            took.sort();
            let of = |percent: usize| took[(took.len() - 1) * percent / 100];
            let millis = |time: Duration| time.as_secs_f64() * 1e3;
            writeln!(
                std::io::stdout(),
                "widget: {view} of {name}: {:.0} ms, 95 of 100 within {:.0} ms, {} KB",
                millis(of(50)),
                millis(of(95)),
                bytes / 1000,
            )?;
        }
    }
    Ok(())
}
