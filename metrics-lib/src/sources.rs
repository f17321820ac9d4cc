//! Sources: the words in which AWS and GitHub say what happened, and what of it makes a deployment, an incident or a change.

pub mod codepipeline;
pub mod opscenter;
