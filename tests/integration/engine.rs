//! The real Pulumi engine: its CLI and YAML host, with a provider that has the schema of AWS and creates nothing.
//!
//! `cargo xtask engine` builds them into `target/engine`; see docs/design/engine-tests.md.

mod behaviour;
mod project;
mod stack;
mod state;

pub(crate) use project::{Engine, Program};
pub(crate) use stack::{Change, Refused, Setting, Stack};
pub(crate) use state::is_encrypted;
