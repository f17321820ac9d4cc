//! `cargo xtask chaos`: plays seeds of chaos, and says how many led to exactly what is true.

use scenarios::chaos::{Verdict, chaos};
use simulator::binaries::Binaries;
use std::{
    process::ExitCode,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::Instant,
};

/// Plays the seeds from 1 on, as many at once as the machine has cores.
///
/// # Errors
/// When a cloud can't be set up, or can't go on.
#[expect(clippy::print_stdout, reason = "the report is this command's output")]
pub(crate) fn run(first: u64, seeds: u64) -> anyhow::Result<ExitCode> {
    let binaries = Binaries::build()?;
    let begin = Instant::now();
    let next = AtomicU64::new(first);
    let verdicts: Mutex<Vec<Verdict>> = Mutex::default();
    let work = || -> anyhow::Result<()> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= first + seeds {
                return Ok(());
            }
            let verdict = runtime.block_on(chaos(seed, &binaries))?;
            for difference in &verdict.differences {
                println!("seed {seed}: {difference}");
            }
            if verdict.is_exact() {
                let Verdict { faults, reconciled, .. } = verdict;
                println!("seed {seed}: exact; {faults} faults, {reconciled} reconciled");
            }
            verdicts.lock().unwrap_or_else(PoisonError::into_inner).push(verdict);
        }
    };
    let cores = thread::available_parallelism()?.get();
    thread::scope(|scope| {
        let workers: Vec<_> = (0..cores).map(|_| scope.spawn(work)).collect();
        workers
            .into_iter()
            .try_for_each(|worker| worker.join().unwrap_or_else(|_| anyhow::bail!("a seed panicked")))
    })?;
    let verdicts = verdicts.into_inner().unwrap_or_else(PoisonError::into_inner);
    let faults: usize = verdicts.iter().map(|verdict| verdict.faults).sum();
    let reconciled: usize = verdicts.iter().map(|verdict| verdict.reconciled).sum();
    println!("{faults} faults, {reconciled} facts reconciled");
    let exact = verdicts.iter().filter(|verdict| verdict.is_exact()).count();
    println!("{exact} of {seeds} seeds exact, in {} s", begin.elapsed().as_secs());
    Ok(if exact as u64 == seeds { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
