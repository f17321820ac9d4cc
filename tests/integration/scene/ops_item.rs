//! `OpsItem`s, in the shapes of the Systems Manager API reference (`OpsItem`) and of its EventBridge examples.

use super::{TOOLING, at};
use jiff::{SignedDuration, Timestamp};
use local::aws::RecordedOpsItem;
use metrics_lib::event::OpsItemKey;
use serde_json::{Value, json};

/// An `OpsItem`.
#[derive(Clone)]
pub(crate) struct OpsItem {
    pub(crate) key: OpsItemKey,
    pub(crate) item: Value,
    created: Timestamp,
}

/// An `OpsItem` of type `/aws/issue` that names nothing; `number` makes its id `oi-000000000001`.
pub(crate) fn ops_item(number: u32, created: &str) -> OpsItem {
    let id = format!("oi-{number:012x}");
    let created = at(created);
    let key =
        OpsItemKey { account: TOOLING.into(), region: "eu-west-1".into(), ops_item_id: id.parse().unwrap() };
    let item = json!({
        "CreatedBy": "arn:aws:iam::111111111111:user/x",
        "OpsItemType": "/aws/issue",
        "CreatedTime": created,
        "Description": "Customers complain",
        "LastModifiedTime": created,
        "Priority": 1,
        "Status": "Open",
        "OpsItemId": id,
        "Version": "1",
        "Title": "Something is down",
        "Source": "operator",
        "OperationalData": {},
        "Severity": "1",
    });
    OpsItem { key, item, created }
}

impl OpsItem {
    pub(crate) fn created(&self) -> Timestamp {
        self.created
    }

    pub(crate) fn account(mut self, account: &str) -> Self {
        self.key.account = account.into();
        self
    }

    pub(crate) fn title(mut self, title: &str) -> Self {
        self.item["Title"] = json!(title);
        self
    }

    pub(crate) fn of_type(mut self, name: &str) -> Self {
        self.item["OpsItemType"] = json!(name);
        self
    }

    /// Adds an entry of operational data.
    pub(crate) fn data(mut self, key: &str, value: &str) -> Self {
        self.item["OperationalData"][key] = json!({"Value": value, "Type": "SearchableString"});
        self
    }

    /// As the AWS CLI prints it.
    pub(crate) fn recorded(&self) -> RecordedOpsItem {
        RecordedOpsItem { key: self.key.clone(), item: self.item.clone() }
    }

    pub(crate) fn create_event(&self) -> Value {
        // The documented example is sent more than a minute after the OpsItem was created.
        self.event("OpsItem Create", "Open", self.created + SignedDuration::from_secs(78))
    }

    pub(crate) fn update_event(&self, status: &str, modified: Timestamp) -> Value {
        let mut event = self.event("OpsItem Update", status, modified + SignedDuration::from_secs(5));
        event["detail"]["modified-by"] = json!("arn:aws:iam::111111111111:user/x");
        event["detail"]["modified-time"] = json!(format!("{modified:.6}"));
        event
    }

    fn event(&self, detail_type: &str, status: &str, time: Timestamp) -> Value {
        let OpsItemKey { account, region, ops_item_id: id } = &self.key;
        json!({
            "version": "0",
            "detail-type": detail_type,
            "source": "aws.ssm",
            "account": account,
            "time": format!("{time:.0}"),
            "region": region,
            "resources": [format!("arn:aws:ssm:{region}:{account}:opsitem/{id}")],
            "detail": {
                "created-by": "arn:aws:iam::111111111111:user/x",
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
