//! The real Pulumi engine: its CLI and YAML host, with a provider that has the schema of AWS and creates nothing.
//!
//! `cargo xtask engine` builds them into `target/engine`; see docs/design/engine-tests.md. A test has a project with a
//! document or a compiler, and runs stacks of it:
//!
//! ```ignore
//! let Some(engine) = Engine::or_skip("name_of_the_test") else { return };
//! let compiler = binaries().path("program").unwrap();
//! let project = engine.project(Program::Compiler(compiler.to_str().unwrap()));
//! project.write("target/lambda/github-webhook.zip", "zip");
//! let stack = project.stack("ops");
//! stack.configure(&[Setting::Plain("prefix", "dora"), Setting::Secret("webhookSecret", "hush")]);
//! let created = stack.up().unwrap();
//! let state = stack.export();
//! ```

mod behaviour;
mod project;
mod stack;
mod state;

pub(crate) use project::{Engine, Program, Project};
pub(crate) use stack::{Change, Refused, Setting, Stack};
pub(crate) use state::is_encrypted;
