//! Handing a deployment on to the function that measures its lead time: as an event in its queue, which nobody else may put
//! anything like it into.

use crate::{
    runtime::error::Error,
    sources::{context::Context, events::deployed},
};
use metrics_lib::event::Deployment;

/// Puts a deployment into the queue of the function that measures lead times, if they are measured.
///
/// # Errors
/// [`Error::Aws`].
pub(super) async fn hand_on(context: &Context, deployment: &Deployment) -> Result<(), Error> {
    let Some(queue) = &context.config.lead_time_queue else { return Ok(()) };
    let request = context.clients.sqs.send_message().queue_url(queue).message_body(deployed(deployment));
    request.send().await.map(drop).map_err(Error::aws("sqs:SendMessage"))
}
