//! moto's server: an AWS that is not ours.

use super::Outside;
use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
};

/// The server; it ends with its standard input.
pub(crate) struct Moto {
    pub(crate) url: String,
    process: Child,
}

impl Moto {
    /// Whoever calls is of the account.
    pub(crate) fn start(account: &str) -> Outside<Self> {
        let python = super::python("dynamodb", "dynamodb/requirements.txt")?;
        let mut process = Command::new(python)
            .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("dynamodb/serve.py"))
            .env("MOTO_ACCOUNT_ID", account)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| error.to_string())?;
        let mut url = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut url).unwrap();
        assert!(url.starts_with("http://"), "moto's server says where it listens, not {url:?}");
        Ok(Self { url: url.trim().to_owned(), process })
    }
}

impl Drop for Moto {
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        // Whoever does not see the end of its input has ended already.
        let _ = self.process.wait();
    }
}
