//! API Gateway: REST APIs.

use super::{
    iam::{Access, Policy},
    resources,
};
use crate::pulumi::{Json, Text};
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// An API.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RestApi {
    pub(crate) name: Text,
    pub(crate) description: Text,
    pub(crate) endpoint_configuration: EndpointConfiguration,
}

/// `REGIONAL`: GitHub calls from one place, an edge would only be a hop more.
#[derive(Debug, Serialize)]
pub(crate) struct EndpointConfiguration {
    pub(crate) types: &'static str,
}

/// Who may call an API.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RestApiPolicy {
    pub(crate) rest_api_id: Text,
    pub(crate) policy: Json<Policy<Access>>,
}

/// A part of a path.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Resource {
    pub(crate) rest_api: Text,
    pub(crate) parent_id: Text,
    pub(crate) path_part: Text,
}

/// What is checked before a request goes on.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RequestValidator {
    pub(crate) rest_api: Text,
    pub(crate) name: Text,
    pub(crate) validate_request_parameters: bool,
    pub(crate) validate_request_body: bool,
}

/// A method of a path.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Method {
    pub(crate) rest_api: Text,
    pub(crate) resource_id: Text,
    pub(crate) http_method: &'static str,
    pub(crate) authorization: &'static str,
    pub(crate) request_validator_id: Text,
    /// The headers that must be there.
    pub(crate) request_parameters: BTreeMap<&'static str, bool>,
}

/// What answers a method.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Integration {
    pub(crate) rest_api: Text,
    pub(crate) resource_id: Text,
    pub(crate) http_method: Text,
    #[serde(rename = "type")]
    pub(crate) kind: &'static str,
    pub(crate) integration_http_method: &'static str,
    pub(crate) uri: Text,
}

/// A version of an API.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Deployment {
    pub(crate) rest_api: Text,
    pub(crate) description: Text,
    /// What makes a new version when it changes.
    pub(crate) triggers: BTreeMap<&'static str, Json<Value>>,
}

/// Where a version can be called.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Stage {
    pub(crate) rest_api: Text,
    pub(crate) deployment: Text,
    pub(crate) stage_name: Text,
    pub(crate) xray_tracing_enabled: bool,
    pub(crate) access_log_settings: AccessLogSettings,
}

/// What is logged of each request.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AccessLogSettings {
    pub(crate) destination_arn: Text,
    pub(crate) format: Json<BTreeMap<&'static str, Text>>,
}

/// How methods are run.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct MethodSettings {
    pub(crate) rest_api: Text,
    pub(crate) stage_name: Text,
    pub(crate) method_path: &'static str,
    pub(crate) settings: Settings,
}

/// How a method is run.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Settings {
    pub(crate) metrics_enabled: bool,
    pub(crate) logging_level: &'static str,
    /// Whether payloads are logged.
    pub(crate) data_trace_enabled: bool,
    pub(crate) throttling_rate_limit: f64,
    pub(crate) throttling_burst_limit: u32,
}

/// The settings that an account has once a region.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Account {
    pub(crate) cloudwatch_role_arn: Text,
}

resources! {
    RestApi = "aws:apigateway/restApi:RestApi", tagged;
    RestApiPolicy = "aws:apigateway/restApiPolicy:RestApiPolicy";
    Resource = "aws:apigateway/resource:Resource";
    RequestValidator = "aws:apigateway/requestValidator:RequestValidator";
    Method = "aws:apigateway/method:Method";
    Integration = "aws:apigateway/integration:Integration";
    Deployment = "aws:apigateway/deployment:Deployment";
    Stage = "aws:apigateway/stage:Stage", tagged;
    MethodSettings = "aws:apigateway/methodSettings:MethodSettings";
    Account = "aws:apigateway/account:Account";
}
