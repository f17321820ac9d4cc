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
    pub(crate) statement: RuleStatement,
    pub(crate) visibility_config: VisibilityConfig,
}

/// Which requests a rule is about.
#[derive(Debug, Serialize)]
pub(crate) enum RuleStatement {
    /// Requests of an address in a set.
    #[serde(rename = "ipSetReferenceStatement")]
    InSet {
        /// The set.
        arn: Text,
    },
    /// Those that another statement is not about.
    #[serde(rename = "notStatement")]
    Not {
        /// The other statement.
        statement: Box<RuleStatement>,
    },
    /// Those that any of some statements is about.
    #[serde(rename = "orStatement")]
    Or {
        /// The statements, two at least.
        statements: Vec<RuleStatement>,
    },
    /// Requests beyond a number in five minutes.
    #[serde(rename = "rateBasedStatement", rename_all = "camelCase")]
    Beyond {
        /// The number.
        limit: u32,
        /// What is counted: requests of an address, or all.
        aggregate_key_type: &'static str,
        /// Which requests are counted.
        scope_down_statement: Option<Box<RuleStatement>>,
    },
    /// Requests of which a part matches an expression.
    #[serde(rename = "regexMatchStatement", rename_all = "camelCase")]
    Matching {
        /// The expression.
        regex_string: &'static str,
        /// The part.
        field_to_match: Field,
        /// What is done with it before.
        text_transformations: [TextTransformation; 1],
    },
}

impl RuleStatement {
    /// Those that another statement is not about.
    pub(crate) fn not(other: Self) -> Self {
        Self::Not { statement: Box::new(other) }
    }

    /// Those that any of some statements is about; none if there is none.
    pub(crate) fn any(mut statements: Vec<Self>) -> Option<Self> {
        match statements.len() {
            0 | 1 => statements.pop(),
            _ => Some(Self::Or { statements }),
        }
    }
}

/// A part of a request.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Field {
    pub(crate) single_header: Header,
}

/// A header; its name in lower case.
#[derive(Debug, Serialize)]
pub(crate) struct Header {
    pub(crate) name: &'static str,
}

/// What is done with a text before it is looked at.
#[derive(Debug, Serialize)]
pub(crate) struct TextTransformation {
    pub(crate) priority: u32,
    #[serde(rename = "type")]
    pub(crate) kind: &'static str,
}

/// A set of ranges of addresses.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct IpSet {
    pub(crate) name: Text,
    pub(crate) description: Text,
    pub(crate) scope: &'static str,
    pub(crate) ip_address_version: &'static str,
    pub(crate) addresses: Vec<String>,
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
    IpSet = "aws:wafv2/ipSet:IpSet", tagged;
    WebAcl = "aws:wafv2/webAcl:WebAcl", tagged;
    WebAclAssociation = "aws:wafv2/webAclAssociation:WebAclAssociation";
    WebAclLoggingConfiguration = "aws:wafv2/webAclLoggingConfiguration:WebAclLoggingConfiguration";
}
