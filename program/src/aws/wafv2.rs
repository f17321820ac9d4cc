//! The web application firewall.

use super::resources;
use crate::pulumi::Text;
use serde::Serialize;

/// A list of rules.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct WebAcl {
    pub(crate) name: Text,
    pub(crate) description: Text,
    pub(crate) scope: &'static str,
    pub(crate) default_action: Allow,
    pub(crate) rules: Vec<Rule>,
    pub(crate) visibility_config: VisibilityConfig,
}

/// Lets a request through.
#[derive(Debug, Serialize)]
pub(crate) struct Allow {
    pub(crate) allow: Empty,
}

/// Refuses a request.
#[derive(Debug, Serialize)]
pub(crate) struct Block {
    pub(crate) block: Empty,
}

/// Nothing to say.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Empty {}

/// A rule.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Rule {
    pub(crate) name: &'static str,
    pub(crate) priority: u32,
    pub(crate) action: Block,
    pub(crate) statement: Statement,
    pub(crate) visibility_config: VisibilityConfig,
}

/// Which requests a rule is about.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Statement {
    pub(crate) rate_based_statement: RateBasedStatement,
}

/// Requests beyond a number in five minutes.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RateBasedStatement {
    pub(crate) limit: u32,
    pub(crate) aggregate_key_type: &'static str,
}

/// What is shown of a rule.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct VisibilityConfig {
    pub(crate) cloudwatch_metrics_enabled: bool,
    pub(crate) metric_name: Text,
    pub(crate) sampled_requests_enabled: bool,
}

/// Puts a list of rules in front of something.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct WebAclAssociation {
    pub(crate) resource_arn: Text,
    pub(crate) web_acl_arn: Text,
}

/// Where requests are logged.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct WebAclLoggingConfiguration {
    pub(crate) resource_arn: Text,
    pub(crate) log_destination_configs: [Text; 1],
}

resources! {
    WebAcl = "aws:wafv2/webAcl:WebAcl", tagged;
    WebAclAssociation = "aws:wafv2/webAclAssociation:WebAclAssociation";
    WebAclLoggingConfiguration = "aws:wafv2/webAclLoggingConfiguration:WebAclLoggingConfiguration";
}
