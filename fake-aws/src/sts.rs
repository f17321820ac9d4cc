//! The Security Token Service: gives whoever knows its external id credentials of a role.

use crate::{AwsError, credentials::Caller, resources::Role};
use axum::body::Bytes;
use jiff::{SignedDuration, Timestamp};

/// How long credentials hold. The SDK compares it with the system's clock, so the real present counts.
const SESSION: SignedDuration = SignedDuration::from_hours(1);

/// The roles that can be assumed.
#[derive(Debug)]
pub(super) struct Sts {
    partition: &'static str,
    roles: Vec<Role>,
}

impl Sts {
    /// The roles of a partition.
    pub(super) fn new(partition: &'static str, roles: &[Role]) -> Self {
        let roles = roles.iter().filter(|role| role.external_id.is_some()).cloned().collect();
        Self { partition, roles }
    }

    /// Answers an operation, in XML.
    pub(super) fn call(&self, operation: &str, body: &[u8]) -> Result<Bytes, AwsError> {
        if operation != "AssumeRole" {
            return Err(AwsError::not_implemented("sts", operation));
        }
        let arn = parameter(body, "RoleArn").unwrap_or_default();
        let account = arn.split(':').nth(4).unwrap_or_default();
        let external_id = parameter(body, "ExternalId");
        let is_meant = |role: &&Role| {
            role.account.as_ref().is_none_or(|of| of == account)
                && arn == format!("arn:{}:iam::{account}:role/{}", self.partition, role.name)
                && role.external_id == external_id
        };
        let Some(role) = self.roles.iter().find(is_meant) else {
            let message = format!("User is not authorized to perform: sts:AssumeRole on resource: {arn}");
            return Err(AwsError::new("AccessDenied", message).with_status(403));
        };
        let session = parameter(body, "RoleSessionName").unwrap_or_default();
        let expiration = Timestamp::now() + SESSION;
        let key = Caller::role(account, &role.name).access_key();
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_that_can_be_assumed() {
        let role = |account: Option<&str>, name: &str, external_id: Option<&str>| Role {
            account: account.map(str::to_owned),
            name: name.to_owned(),
            external_id: external_id.map(str::to_owned),
            statements: Vec::new(),
        };
        let roles = [
            role(Some("111111111111"), "one", Some("id")),
            role(None, "member", Some("id")),
            role(Some("111111111111"), "function", None),
        ];
        let sts = Sts::new("aws", &roles);
        let check = |arn: &str, external_id: &str, expected: Option<&str>| {
            let body = format!("Action=AssumeRole&RoleArn={arn}{external_id}");
            let answer = sts.call("AssumeRole", body.as_bytes()).ok();
            let answer = answer.map(|answer| String::from_utf8(answer.to_vec()).unwrap());
            let key = answer.as_ref().and_then(|xml| xml.split("AccessKeyId>").nth(1)?.strip_suffix("</"));
            assert_eq!(key, expected, "{body}");
        };
        let one = "arn:aws:iam::111111111111:role/one";
        check(one, "&ExternalId=id", Some("ASIA111111111111one"));
        check(one, "&ExternalId=other", None);
        check(one, "", None);
        check("arn:aws:iam::222222222222:role/one", "&ExternalId=id", None);
        check("arn:aws:iam::222222222222:role/member", "&ExternalId=id", Some("ASIA222222222222member"));
        check("arn:aws:iam::111111111111:role/function", "", None);
        check("arn:aws-cn:iam::111111111111:role/one", "&ExternalId=id", None);
    }
}
