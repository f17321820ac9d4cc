//! Sources: what tells of deployments, incidents and commits. Each has a room that asks its API and reads what it sends;
//! beside them, which accounts and regions count, and what is called how.

pub mod codepipeline;
pub mod context;
pub mod deployments;
pub mod envelope;
pub mod events;
pub mod github;
pub mod incidents;
pub mod names;
pub mod opscenter;
pub mod places;
pub mod registry;
pub mod repositories;
pub mod source;
