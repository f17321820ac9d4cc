//! Every function of an installation with the made-up sources: which one it is, its file's name says.

use functions::{
    handlers::{Deployments, Incidents, LeadTimes},
    reconciler,
    runtime::worker,
};
use std::{env, path::Path};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let program = env::args_os().next().unwrap_or_default();
    let function = Path::new(&program).file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let sources = made_up::sources();
    match function.as_str() {
        "deployments" => worker::run_with(Deployments, sources).await,
        "incidents" => worker::run_with(Incidents, sources).await,
        "lead-time-for-changes" => worker::run_with(LeadTimes, sources).await,
        "reconciler" => reconciler::run_with(sources).await,
        _ => Err(format!("{function} is no function that sources matter to").into()),
    }
}
