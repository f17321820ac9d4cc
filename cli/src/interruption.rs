//! Work that is interrupted in order: what it holds is dropped, such as folders and processes.

use std::{
    error::Error,
    fmt::{self, Display, Formatter},
    io,
};
use tokio::select;

/// A signal that ended the work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Interrupted {
    /// What shells say of a program that a signal ended: 128 and the signal's number.
    pub(crate) exit_code: u8,
}

impl Display for Interrupted {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("interrupted")
    }
}

impl Error for Interrupted {}

/// Does some work, until it is done or a signal asks to end. From then on signals end nothing by themselves.
///
/// # Errors
/// [`Interrupted`], and those of the work.
pub(crate) async fn or_interrupted<T>(work: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    select! {
        // Signals are listened to before there is anything to clear away.
        biased;
        interrupted = interruption() => Err(interrupted?.into()),
        result = work => result,
    }
}

/// Waits for Ctrl-C, or for what `kill` and `timeout` send.
#[cfg(unix)]
async fn interruption() -> io::Result<Interrupted> {
    use tokio::signal::unix::{SignalKind, signal};
    let [interrupt, terminate] = [SignalKind::interrupt(), SignalKind::terminate()];
    let (mut interrupts, mut terminates) = (signal(interrupt)?, signal(terminate)?);
    let kind = select! {
        _ = interrupts.recv() => interrupt,
        _ = terminates.recv() => terminate,
    };
    Ok(Interrupted {
        exit_code: 128_u8.saturating_add(u8::try_from(kind.as_raw_value()).unwrap_or_default()),
    })
}

/// Waits for Ctrl-C.
#[cfg(not(unix))]
async fn interruption() -> io::Result<Interrupted> {
    tokio::signal::ctrl_c().await?;
    Ok(Interrupted { exit_code: 130 })
}
