//! Tests of the product as a whole.

#![expect(clippy::unwrap_used, reason = "what can't be set up fails its test")]

mod alarms;
mod bench;
mod chaos;
mod circles;
mod cli;
mod dashboards;
mod deployments;
mod documents;
mod economy;
mod engine;
mod failures;
mod faults;
mod golden;
mod histories;
mod hostile;
mod installation;
mod launcher;
mod lead_times;
mod ledger;
mod limits;
mod logs;
mod made_up;
mod operations;
mod organisation;
mod outside;
mod package;
mod page;
mod permissions;
mod purity;
mod readers;
mod real_payloads;
mod reconciler;
mod repository_metrics;
mod restores;
mod routing;
mod sample;
mod scene;
mod settings;
mod sql_engine;
mod stacks;
mod widget;
mod written;
