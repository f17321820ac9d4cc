//! The stacks on one machine. So far: how EventBridge matches events with patterns.

pub mod pattern;
