//! The infrastructure of the product as data: [`settings`] say what an installation looks like, the [`plan`] says
//! which bus, rules, queues, functions and tables it consists of, the [`dashboard`] what people look at, and the [`stacks`] say it in Pulumi's words.

pub mod access;
mod aws;
pub mod cloudformation;
mod components;
pub mod dashboard;
pub mod levels;
pub mod naming;
pub mod nearest;
pub mod plan;
mod pulumi;
pub mod quota;
pub mod settings;
mod several;
pub mod sources;
pub mod stacks;
mod statement;
mod variable;

pub use pulumi::packages;
