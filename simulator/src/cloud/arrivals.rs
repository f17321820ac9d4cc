//! What comes in: events on the default buses, and deliveries of GitHub's.

use super::{Cloud, CloudError, Refused, serve::Letter};
use crate::{
    commit_ingestion::GITHUB,
    router::{Envelope, Way},
    trouble::Trouble,
};
use metrics_lib::place::Place;
use serde_json::{Value, json};
use std::{collections::BTreeMap, net::IpAddr, sync::Arc};

impl Cloud {
    /// Puts an event on the default bus of its account, now.
    ///
    /// # Errors
    /// [`CloudError::Event`].
    pub fn send(
        &mut self,
        envelope: Envelope,
        event_id: Option<String>,
        text: &str,
    ) -> Result<(), CloudError> {
        let at = self.now();
        let place = &envelope.place;
        let is_own = *place == self.plan.place();
        if self.plan.organization.as_ref().is_some_and(|of| of.regions.contains(&place.region)) {
            self.beating.insert(place.clone());
        }
        let way = self.router.route(&envelope, text, &self.host.troubles)?;
        if !is_own && self.host.troubles.contains(Trouble::NoRules) && way.refused.is_none() {
            return Ok(());
        }
        let Way { queues, undelivered, refused } = way;
        let mut services = self.host.server.services();
        for undelivered in undelivered {
            // What a rule of a bus could not deliver stays in the operations account.
            match undelivered.bus.is_none() && !is_own {
                true => {
                    *services.sqs.held.entry((place.account.clone(), place.region.clone())).or_default() += 1
                }
                false => self.undelivered.push(Letter::new(undelivered, text, &self.plan)),
            }
        }
        drop(services);
        let body: Arc<str> = text.into();
        for feed in self.feeds.iter_mut().filter(|feed| queues.contains(&feed.queue.plan().name)) {
            feed.queue.send(Arc::clone(&body), at);
        }
        if let Some(reason) = refused {
            let Envelope { place, source, detail_type } = envelope;
            self.refused.push(Refused { at, event_id, place, source, detail_type, reason });
        }
        Ok(())
    }

    /// Puts an event of the product's own on the default bus of a place, now. Returns its id.
    pub(super) fn put(
        &mut self,
        place: Place,
        source: String,
        detail_type: String,
        detail: &Value,
    ) -> Result<String, CloudError> {
        self.put += 1;
        let id = format!("00000000-0000-4000-9000-{:012x}", self.put);
        let event = json!({
            "version": "0",
            "id": id,
            "detail-type": detail_type,
            "source": source,
            "account": place.account,
            "time": format!("{:.0}", self.now()),
            "region": place.region,
            "resources": [],
            "detail": detail,
        });
        let envelope = Envelope { place, source, detail_type };
        self.send(envelope, Some(id.clone()), &event.to_string())?;
        Ok(id)
    }

    /// Sends a delivery of GitHub's to the webhook, now. One that it does not accept is refused.
    ///
    /// # Errors
    /// [`CloudError`].
    pub async fn deliver(
        &mut self,
        headers: &BTreeMap<String, String>,
        body: &str,
    ) -> Result<u16, CloudError> {
        self.deliver_from(GITHUB, headers, body).await
    }

    /// Sends a delivery to the webhook, from whatever address.
    ///
    /// # Errors
    /// [`CloudError`].
    pub async fn deliver_from(
        &mut self,
        from: IpAddr,
        headers: &BTreeMap<String, String>,
        body: &str,
    ) -> Result<u16, CloudError> {
        let header = |name: &str| {
            let mut headers = headers.iter();
            headers.find(|(header, _)| header.eq_ignore_ascii_case(name)).map(|(_, value)| value.clone())
        };
        let (status, reason) = match &mut self.commit_ingestion {
            Some(commit_ingestion) => commit_ingestion.deliver(from, headers, body, &self.host).await?,
            None => (404, "no webhook is configured".to_owned()),
        };
        if !(200..300).contains(&status) {
            self.refused.push(Refused {
                at: self.now(),
                event_id: header("x-github-delivery"),
                place: self.plan.place(),
                source: "github".to_owned(),
                detail_type: header("x-github-event").unwrap_or_default(),
                reason: format!("{status}: {reason}"),
            });
        }
        Ok(status)
    }

    /// The id of the webhook's process, once it has started.
    pub fn webhook_process(&self) -> Option<u32> {
        self.commit_ingestion.as_ref()?.webhook.process_id()
    }
}
