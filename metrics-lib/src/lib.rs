//! The rules of the product, and nothing else: typed events in, CloudWatch datum batches out.
//!
//! This crate decides what a production deployment is, which deployment an incident is attributed to, when service was
//! restored, and which data CloudWatch gets for it. It does no I/O, reads no clock and no environment: whoever
//! calls it brings the events and the present. Metrics never fail, they account: what can't be published is returned
//! beside what can, with the reason.
//!
//! The definitions, each with a worked example, are in [`definitions`].

// What can't be is a type; clippy.toml beside this crate refuses the clock and the environment.
#![warn(clippy::expect_used, clippy::panic)]

pub mod attribution;
pub mod change_failure_rate;
pub mod comparison;
pub mod contract;
pub mod datum;
pub mod deployment_frequency;
pub mod dora_metric;
pub mod event;
pub mod fact;
pub mod fnv;
pub mod format;
pub mod identity;
pub mod json;
pub mod lake;
pub mod lead_time;
pub mod links;
pub mod parts;
pub mod periods;
pub mod place;
pub mod publication;
pub mod report;
pub mod repository;
pub mod rework_rate;
pub mod rules;
pub mod score;
pub mod sources;
pub mod statistics;
pub mod text;
pub mod time_to_restore;
pub mod window;
pub mod words;

#[doc = include_str!("../../docs/METRICS.md")]
pub mod definitions {}
