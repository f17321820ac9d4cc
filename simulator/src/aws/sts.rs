//! The Security Token Service: gives the functions credentials of the read role in each tooling account.

use super::{AwsError, credentials::Caller};
use axum::body::Bytes;
use jiff::{SignedDuration, Timestamp};
use metrics_lib::place::Place;
use program::{
    plan::ReadRole,
    settings::{Organization, ToolingAccount},
};

/// How long credentials hold. The SDK compares it with the system's clock, so the real present counts.
const SESSION: SignedDuration = SignedDuration::from_hours(1);

/// The read roles, and where they exist.
#[derive(Debug)]
pub(super) struct Sts {
    pub(super) role: ReadRole,
    pub(super) accounts: Vec<ToolingAccount>,
    /// The organisation, each of whose accounts has them, in its regions.
    pub(super) organization: Option<Organization>,
}

impl Sts {
    /// Answers an operation, in XML.
    pub(super) fn call(&self, operation: &str, body: &[u8]) -> Result<Bytes, AwsError> {
        if operation != "AssumeRole" {
            return Err(AwsError::not_implemented("sts", operation));
        }
        let arn = parameter(body, "RoleArn").unwrap_or_default();
        let listed = self.accounts.iter().flat_map(ToolingAccount::places);
        let account = arn.split(':').nth(4).unwrap_or_default();
        let regions = self.organization.iter().flat_map(|organization| &organization.regions);
        let mut places = listed.chain(regions.map(|region| Place::new(account, region)));
        let place = places.find(|place| self.role.arn_in(place) == arn);
        let known = parameter(body, "ExternalId").as_ref() == Some(&self.role.external_id);
        let (Some(place), true) = (place, known) else {
            let message = format!("User is not authorized to perform: sts:AssumeRole on resource: {arn}");
            return Err(AwsError::new("AccessDenied", message).with_status(403));
        };
        let session = parameter(body, "RoleSessionName").unwrap_or_default();
        let expiration = Timestamp::now() + SESSION;
        let key = Caller::reader(&place).access_key();
        Ok(format!(
            "<AssumeRoleResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><AssumeRoleResult>\
             <AssumedRoleUser><AssumedRoleId>AROA:{session}</AssumedRoleId><Arn>{arn}/{session}</Arn></AssumedRoleUser>\
             <Credentials><AccessKeyId>{key}</AccessKeyId><SecretAccessKey>secret</SecretAccessKey>\
             <SessionToken>token</SessionToken><Expiration>{expiration:.0}</Expiration></Credentials>\
             </AssumeRoleResult><ResponseMetadata><RequestId>{REQUEST_ID}</RequestId></ResponseMetadata>\
             </AssumeRoleResponse>"
        )
        .into())
    }
}

/// The id of every request: nothing asks for it.
pub(super) const REQUEST_ID: &str = "00000000-0000-0000-0000-000000000000";

/// A parameter of a form.
pub(super) fn parameter(body: &[u8], name: &str) -> Option<String> {
    let mut pairs = form_urlencoded::parse(body);
    pairs.find_map(|(key, value)| (key == name).then(|| value.into_owned()))
}
