//! `OpsItem`s, in the shapes of the Systems Manager API reference (`OpsItem`) and of its `EventBridge` examples.

use fake_aws::RecordedOpsItem;
use jiff::{SignedDuration, Timestamp};
use metrics_lib::{place::Place, sources::opscenter::OpsItemKey};
use serde_json::{Value, json};

/// An `OpsItem`.
#[derive(Clone, Debug)]
pub struct OpsItem {
    /// What identifies it.
    pub key: OpsItemKey,
    /// The `OpsItem` of `GetOpsItem`.
    pub item: Value,
    /// When it was created.
    pub created: Timestamp,
}

impl OpsItem {
    /// An open `OpsItem` of type `/aws/issue` that names nothing.
    pub fn new(key: OpsItemKey, created: Timestamp) -> Self {
        let item = json!({
            "CreatedBy": format!("arn:aws:iam::{}:user/operator", key.place.account),
            "OpsItemType": "/aws/issue",
            "CreatedTime": created,
            "Description": "Customers complain",
            "LastModifiedTime": created,
            "Priority": 1,
            "Status": "Open",
            "OpsItemId": key.ops_item_id,
            "Version": "1",
            "Title": "Something is down",
            "Source": "operator",
            "OperationalData": {},
            "Severity": "1",
        });
        Self { key, item, created }
    }

    /// Sets its title.
    #[must_use]
    pub fn title(mut self, title: &str) -> Self {
        self.item["Title"] = json!(title);
        self
    }

    /// Sets its description.
    #[must_use]
    pub fn description(mut self, description: &str) -> Self {
        self.item["Description"] = json!(description);
        self
    }

    /// Sets its type.
    #[must_use]
    pub fn of_type(mut self, name: &str) -> Self {
        self.item["OpsItemType"] = json!(name);
        self
    }

    /// Adds an entry of operational data.
    #[must_use]
    pub fn data(mut self, key: &str, value: &str) -> Self {
        self.item["OperationalData"][key] = json!({"Value": value, "Type": "SearchableString"});
        self
    }

    /// Resolves it.
    #[must_use]
    pub fn resolved(self, at: Timestamp) -> Self {
        self.changed("Resolved", at)
    }

    /// Opens it again.
    #[must_use]
    pub fn opened_again(self, at: Timestamp) -> Self {
        self.changed("Open", at)
    }

    fn changed(mut self, status: &str, at: Timestamp) -> Self {
        self.item["Status"] = json!(status);
        self.item["LastModifiedTime"] = json!(at);
        self
    }

    /// As the AWS CLI prints it.
    pub fn recorded(&self) -> RecordedOpsItem {
        let OpsItemKey { place: Place { account, region }, ops_item_id } = self.key.clone();
        RecordedOpsItem { account, region, id: ops_item_id.to_string(), item: self.item.clone() }
    }

    /// The event of its creation, which the documented example sends more than a minute later.
    pub fn create_event(&self) -> Value {
        self.event("OpsItem Create", "Open", self.created + SignedDuration::from_secs(78))
    }

    /// The event of a change, after which it has a status.
    pub fn update_event(&self, status: &str, modified: Timestamp) -> Value {
        let mut event = self.event("OpsItem Update", status, modified + SignedDuration::from_secs(5));
        event["detail"]["modified-by"] = self.item["CreatedBy"].clone();
        event["detail"]["modified-time"] = json!(format!("{modified:.6}"));
        event
    }

    fn event(&self, detail_type: &str, status: &str, time: Timestamp) -> Value {
        let OpsItemKey { place: Place { account, region }, ops_item_id: id } = &self.key;
        json!({
            "version": "0",
            "detail-type": detail_type,
            "source": "aws.ssm",
            "account": account,
            "time": format!("{time:.0}"),
            "region": region,
            "resources": [format!("arn:aws:ssm:{region}:{account}:opsitem/{id}")],
            "detail": {
                "created-by": self.item["CreatedBy"],
                "created-time": self.created,
                "source": "operator",
                "status": status,
                "ops-item-id": id,
                "title": self.item["Title"],
                "ops-item-type": self.item["OpsItemType"],
                "description": self.item["Description"],
            },
        })
    }
}
