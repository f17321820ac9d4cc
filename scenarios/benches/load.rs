//! How long it takes until every figure is right when there is much at once, in simulated time, with AWS's quotas.
//! With `--quick`, only the scenario that is played fastest.

use scenarios::load::{Loaded, Scenario};
use simulator::binaries::Binaries;
use std::{error::Error, io::Write, time::Instant};

fn main() -> Result<(), Box<dyn Error>> {
    let binaries = Binaries::build()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let mut out = std::io::stdout();
    let is_quick = std::env::args().any(|argument| argument == "--quick");
    let scenarios = if is_quick { &[Scenario::Incidents][..] } else { &Scenario::ALL };
    for scenario in scenarios {
        let start = Instant::now();
        let loaded = runtime.block_on(scenario.play(&binaries))?;
        let differences = loaded.differences();
        assert!(differences.is_empty(), "{}: {}", scenario.name(), differences.join("; "));
        let Loaded { took, exceeded, .. } = loaded;
        let throttled: Vec<_> = exceeded.iter().map(|(of, calls)| format!("{calls} of {of}")).collect();
        writeln!(
            out,
            "load: {}: every figure is right after {took:#}; throttled calls: {}; played in {:.1} s",
            scenario.name(),
            throttled.join(", "),
            start.elapsed().as_secs_f64(),
        )?;
    }
    Ok(())
}
