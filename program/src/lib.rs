//! The infrastructure of the product as data: [`settings`] say what an installation looks like, the [`plan`] says
//! which buses, rules, queues, functions and tables it consists of, the [`dashboard`] what people look at.

pub mod dashboard;
pub mod plan;
pub mod settings;
