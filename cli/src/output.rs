//! The one way to the terminal, on which nothing that people named can do anything.
//!
//! Names of repositories, branches, pipelines and objects, and what services answer, come from whoever pushes, raises an
//! incident or owns an account. A terminal would take some of their characters for commands, or show text in another
//! order than it is written in.

use metrics_lib::text::is_harmful;
use serde::Serialize;
use std::{
    fmt::{self, Display, Formatter},
    io::{self, IsTerminal, StderrLock, StdoutLock, Write},
    process::ExitCode,
};

/// The exit code when a command has done its work, and found something that needs attention.
const FOUND_SOMETHING: u8 = 3;

/// Prints an answer for people, or as one JSON object. The exit code tells whether it needs attention.
pub(crate) fn print(
    answer: &(impl Serialize + Display),
    json: bool,
    needs_attention: bool,
) -> anyhow::Result<ExitCode> {
    if json {
        print_json(answer)?
    } else {
        write!(stdout(), "{answer}")?
    }
    Ok(if needs_attention { ExitCode::from(FOUND_SOMETHING) } else { ExitCode::SUCCESS })
}

/// Prints one JSON object.
pub(crate) fn print_json(answer: &impl Serialize) -> anyhow::Result<()> {
    let mut stdout = stdout();
    serde_json::to_writer_pretty(&mut stdout, answer).map_err(io::Error::from)?;
    writeln!(stdout)?;
    Ok(())
}

/// Whether a command failed since nobody reads on, as `head` does when it has enough. What a service closes is another
/// failure: it comes as that service's error.
pub(crate) fn is_unread(error: &anyhow::Error) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}

/// Standard output.
pub(crate) fn stdout() -> Harmless<StdoutLock<'static>> {
    Harmless(io::stdout().lock())
}

/// Standard error.
pub(crate) fn stderr() -> Harmless<StderrLock<'static>> {
    Harmless(io::stderr().lock())
}

/// Whether somebody is there to be asked and to answer.
pub(crate) fn can_ask() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// What somebody wrote, as a part of a line: line breaks would let it write lines of its own.
pub(crate) struct Words<'a>(pub(crate) &'a str);

impl Display for Words<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.0.chars().try_for_each(|char| match char {
            _ if is_harmful(char) || char == '\n' || char == '\t' => write!(f, "{}", escaped(char)),
            char => write!(f, "{char}"),
        })
    }
}

/// Writes what a terminal would take for more than text as it is written in JSON, so that JSON stays what it says.
pub(crate) struct Harmless<W>(W);

impl<W: Write> Write for Harmless<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // What is formatted comes in whole characters; of anything else nothing but ASCII is let through.
        let text = String::from_utf8_lossy(bytes);
        let harmless = text.split_inclusive(is_harmful);
        for part in harmless {
            match part.chars().next_back().filter(|char| is_harmful(*char)) {
                Some(char) => {
                    write!(self.0, "{}{}", &part[..part.len() - char.len_utf8()], escaped(char))?;
                }
                None => self.0.write_all(part.as_bytes())?,
            }
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// A character as JSON writes it; all of them are in Unicode's first plane.
fn escaped(char: char) -> String {
    format!("\\u{:04x}", u32::from(char))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_terminals_would_act_on() {
        fn check(text: &str, expected: &str) {
            let mut out = Harmless(Vec::new());
            write!(out, "{text}").unwrap();
            assert_eq!(String::from_utf8(out.0).unwrap(), expected);
        }
        check("acme/shop 5 µs – 漢字 🎉\n\tnext", "acme/shop 5 µs – 漢字 🎉\n\tnext");
        check("\u{1b}[2J\u{1b}]0;title\u{7}", "\\u001b[2J\\u001b]0;title\\u0007");
        // The same in one character.
        check("\u{9b}2J\u{9d}0;title\u{9c}", "\\u009b2J\\u009d0;title\\u009c");
        check("ok\r5 failed\u{8}\u{7f}", "ok\\u000d5 failed\\u0008\\u007f");
        check("acme/\u{202e}pohs\u{2066}x\u{2069}", "acme/\\u202epohs\\u2066x\\u2069");
        check("a\u{2028}b", "a\\u2028b");
        check("", "");
    }

    #[test]
    fn bytes_that_are_no_text_do_nothing() {
        let mut out = Harmless(Vec::new());
        out.write_all(b"a\x9b2J\xff").unwrap();
        assert_eq!(String::from_utf8(out.0).unwrap(), "a\u{fffd}2J\u{fffd}");
    }

    #[test]
    fn json_says_what_it_said() {
        let name = "\u{1b}[2J\u{9b}m\u{202e}\u{7f}\n";
        let mut out = Harmless(Vec::new());
        serde_json::to_writer(&mut out, name).unwrap();
        assert!(out.0.iter().all(|byte| (0x20..0x7f).contains(byte)), "{:?}", out.0);
        assert_eq!(serde_json::from_slice::<String>(&out.0).unwrap(), name);
    }

    #[test]
    fn words_stay_on_their_line() {
        assert_eq!(Words("a\nok  b\tc").to_string(), "a\\u000aok  b\\u0009c");
    }
}
