//! The stacks on one machine: routes events by the plan's own rules to the real Lambda binaries, and stands in for the
//! AWS operations that they call.

pub mod aws;
pub mod pattern;
