//! What every handler gets: the tools, and the sources that it asks.

use super::registry::Sources;
use crate::runtime::tools::Tools;
use std::ops::Deref;

/// What every handler gets.
#[derive(Debug)]
pub struct Context {
    tools: Tools,
    /// What tells of deployments and incidents.
    pub sources: Sources,
}

impl Context {
    /// From the tools and the sources.
    pub fn new(tools: Tools, sources: Sources) -> Self {
        Self { tools, sources }
    }
}

impl Deref for Context {
    type Target = Tools;

    fn deref(&self) -> &Tools {
        &self.tools
    }
}
