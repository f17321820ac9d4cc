//! Courier delivers services. Its events are durable and say all there is, so it has no API to ask.

pub(crate) mod functions;
pub(crate) mod program;
