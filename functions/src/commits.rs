//! Commits: their way into the lake, and out of it again.

pub mod lake;
pub mod oversized;
pub mod transform;
