//! How far a command is, on standard error: a bar on a terminal, and elsewhere, as in the log of a pipeline, a line now and then.

use crate::output;
use clap::Args;
use indicatif::{HumanDuration, ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::{
    borrow::Cow,
    fmt::Display,
    io::{self, Write},
    sync::mpsc::{self, Receiver, RecvTimeoutError, Sender},
    thread,
    time::Duration,
};

/// How often a line is printed where no terminal is.
const EVERY: Duration = Duration::from_secs(5);

/// What is told while a command works.
#[derive(Args, Clone, Copy, Debug)]
#[group(skip)]
pub(crate) struct Options {
    /// Print no progress and no notes on standard error.
    #[arg(long, short)]
    quiet: bool,
}

impl Options {
    /// Tells something beside the answer.
    pub(crate) fn note(self, note: impl Display) -> io::Result<()> {
        if self.quiet { Ok(()) } else { writeln!(output::stderr(), "{note}") }
    }

    /// Begins to tell how far the command is, of a length.
    pub(crate) fn begin(self, length: u64, of: impl Into<Cow<'static, str>>) -> anyhow::Result<Progress> {
        let style = ProgressStyle::with_template("{wide_bar} {percent} % {msg}, {eta} to go")?;
        Ok(self.told(ProgressBar::new(length).with_style(style).with_message(of)))
    }

    /// Begins to tell what the command waits for, nobody knows how long.
    pub(crate) fn wait(self) -> Progress {
        self.told(ProgressBar::new_spinner())
    }

    fn told(self, bar: ProgressBar) -> Progress {
        if self.quiet {
            bar.set_draw_target(ProgressDrawTarget::hidden());
            return Progress { bar, end: None };
        }
        // A bar is hidden where no terminal is.
        let end = bar.is_hidden().then(|| {
            let (end, ended) = mpsc::channel();
            let bar = bar.clone();
            thread::spawn(move || print(&bar, &ended));
            end
        });
        Progress { bar, end }
    }
}

/// How far a command is. It is told until this is dropped.
pub(crate) struct Progress {
    bar: ProgressBar,
    /// Dropped with this, which ends the lines.
    #[expect(dead_code, reason = "the other end waits for it to be dropped")]
    end: Option<Sender<()>>,
}

impl Progress {
    /// One more is done.
    pub(crate) fn inc(&self) {
        self.bar.inc(1);
    }

    /// So much is done.
    pub(crate) fn set(&self, position: u64) {
        self.bar.set_position(position);
    }

    /// Says what is done now.
    pub(crate) fn set_message(&self, message: impl Into<Cow<'static, str>>) {
        self.bar.set_message(message);
        self.bar.tick();
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

/// Prints a line now and then, until the end.
fn print(bar: &ProgressBar, ended: &Receiver<()>) {
    while ended.recv_timeout(EVERY) == Err(RecvTimeoutError::Timeout) {
        // Where standard error is closed, nobody is left to tell.
        let _ = writeln!(output::stderr(), "{}", line(bar));
    }
}

/// What the bar shows, without a bar.
fn line(bar: &ProgressBar) -> String {
    let Some(length) = bar.length() else { return bar.message() };
    let percent = bar.position() * 100 / length.max(1);
    format!("{percent} % {}, {:#} to go", bar.message(), HumanDuration(bar.eta()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_where_no_terminal_is() {
        let progress = Options { quiet: false }.begin(8, "of 8 lines").unwrap();
        assert_eq!(line(&progress.bar), "0 % of 8 lines, 0s to go");
        progress.inc();
        progress.inc();
        assert!(line(&progress.bar).starts_with("25 % of 8 lines, "), "{}", line(&progress.bar));
        progress.set(8);
        progress.set_message("of all");
        assert_eq!(line(&progress.bar), "100 % of all, 0s to go");
        let waits = Options { quiet: false }.wait();
        waits.set_message("waiting for a queue");
        assert_eq!(line(&waits.bar), "waiting for a queue");
    }
}
