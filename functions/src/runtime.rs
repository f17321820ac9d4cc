//! The Lambda side of every function: its configuration, clock and clients, its errors, and the loop over SQS batches.

pub mod clients;
pub mod clock;
pub mod config;
pub mod error;
pub mod tools;
pub mod waiting;
pub mod worker;
