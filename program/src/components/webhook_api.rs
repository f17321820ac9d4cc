//! The API that GitHub calls: `POST /webhook`, and nothing else.

use super::{Service, assumed_by, function::Deployed};
use crate::{
    aws::{
        apigateway::{
            AccessLogSettings, Account, Deployment, EndpointConfiguration, Integration, Method,
            MethodSettings, RequestValidator, Resource, RestApi, RestApiPolicy, Settings as MethodSetting,
            Stage,
        },
        cloudwatch::{LogGroup, LogMetricFilter, MetricTransformation},
        iam::{Policy, Principal, Role, RolePolicy, Statement},
        kms::Key,
        lambda::Permission,
        wafv2::{
            Allow, Block, Empty, Field, Header, IpSet, Rule, RuleStatement, TextTransformation,
            VisibilityConfig, WebAcl, WebAclAssociation, WebAclLoggingConfiguration,
        },
    },
    naming::Names,
    plan::{Firewall, Gate, Throttle},
    pulumi::{Document, Handle, Json, Options, Text},
    settings::{Operations, Settings},
};
use metrics_lib::contract::{GITHUB_AGENT, Metric};
use serde_json::Value;
use std::collections::BTreeMap;
use vec1::Vec1;

/// The path of the webhook.
const PATH: &str = "webhook";
/// What API Gateway answers itself, before the webhook's function could count it.
/// Source: API Gateway developer guide, "Gateway response types".
const REFUSALS: [&str; 5] =
    ["ACCESS_DENIED", "BAD_REQUEST_PARAMETERS", "REQUEST_TOO_LARGE", "THROTTLED", "WAF_FILTERED"];
/// What Lambda answers API Gateway where a payload is larger than it takes. Source: AWS Lambda API reference, "Invoke",
/// `RequestTooLargeException`.
const TOO_LARGE: &str = r#"($.integrationStatus = "413")"#;
/// The stage.
const STAGE: &str = "v1";

/// The API. Returns the URL that GitHub is to call.
pub(crate) fn webhook_api(
    document: &mut Document,
    settings: &Settings,
    gate: &Gate,
    key: &Handle<Key>,
    webhook: &Deployed,
) -> Text {
    let names = &settings.names();
    let operations = &settings.operations;
    let api = RestApi {
        name: names.api().into(),
        description: "Takes GitHub's webhooks for DORA metrics".into(),
        endpoint_configuration: EndpointConfiguration { types: "REGIONAL" },
    };
    let api = document.add("webhook-api", api);
    let parts = Parts::of(document, &api, operations, webhook);
    let permission = Permission {
        action: "lambda:InvokeFunction",
        function: webhook.function.name(),
        principal: "apigateway.amazonaws.com",
        source_arn: api.output("executionArn") + "/*/POST/" + PATH,
        source_account: names.ops_account().into(),
    };
    document.add("webhook-permission", permission);
    let deployment = Deployment {
        rest_api: api.id(),
        description: "POST /webhook".into(),
        // A version does not change when what it was made from does.
        triggers: parts.triggers(document),
    };
    let deployment = document.add_with("webhook-deployment", deployment, Options::after(parts.all()));
    let stage = stage(document, settings, gate.throttle, key, &api, &deployment);
    if let Some(rules) = &gate.firewall {
        firewall(document, settings, rules, key, &stage);
    }
    stage.output("invokeUrl") + "/" + PATH
}

/// What a version of the API is made from.
struct Parts {
    path: Handle<Resource>,
    validator: Handle<RequestValidator>,
    method: Handle<Method>,
    integration: Handle<Integration>,
    policy: Handle<RestApiPolicy>,
}

impl Parts {
    fn of(
        document: &mut Document,
        api: &Handle<RestApi>,
        operations: &Operations,
        webhook: &Deployed,
    ) -> Self {
        let path =
            Resource { rest_api: api.id(), parent_id: api.output("rootResourceId"), path_part: PATH.into() };
        let path = document.add("webhook-path", path);
        let validator = RequestValidator {
            rest_api: api.id(),
            name: "headers".into(),
            validate_request_parameters: true,
            validate_request_body: false,
        };
        let validator = document.add("webhook-validator", validator);
        let method = Method {
            rest_api: api.id(),
            resource_id: path.id(),
            http_method: "POST",
            // GitHub has no AWS credentials: the function checks the signature of every request.
            authorization: "NONE",
            request_validator_id: validator.id(),
            request_parameters: BTreeMap::from([
                ("method.request.header.X-GitHub-Delivery", true),
                ("method.request.header.X-GitHub-Event", true),
                ("method.request.header.X-Hub-Signature-256", true),
            ]),
        };
        let method = document.add("webhook-method", method);
        let integration = Integration {
            rest_api: api.id(),
            resource_id: path.id(),
            http_method: method.output("httpMethod"),
            kind: "AWS_PROXY",
            integration_http_method: "POST",
            uri: webhook.function.output("invokeArn"),
        };
        let integration = document.add("webhook-integration", integration);
        let policy = document.add("webhook-api-policy", callers(api, operations));
        Self { path, validator, method, integration, policy }
    }

    fn all(&self) -> [Text; 5] {
        [
            self.path.itself(),
            self.validator.itself(),
            self.method.itself(),
            self.integration.itself(),
            self.policy.itself(),
        ]
    }

    /// A new version is made whenever one of the parts changes.
    fn triggers(&self, document: &Document) -> BTreeMap<&'static str, Json<Value>> {
        BTreeMap::from([
            ("path", document.properties(&self.path)),
            ("validator", document.properties(&self.validator)),
            ("method", document.properties(&self.method)),
            ("integration", document.properties(&self.integration)),
            ("policy", document.properties(&self.policy)),
        ])
    }
}

/// Who may call the API: some addresses, or everybody. There is a policy in either case: one that is deleted would go
/// after the new version is made, which would have it still.
fn callers(api: &Handle<RestApi>, operations: &Operations) -> RestApiPolicy {
    let call = Statement::allow("Callers", ["execute-api:Invoke"])
        .on([api.output("executionArn") + "/*/POST/" + PATH])
        .to(Principal::Everybody);
    let call = match Vec1::try_from_vec(Vec::from_iter(&operations.webhook_allowed_cidrs)) {
        Ok(cidrs) => call.when("IpAddress", "aws:SourceIp", cidrs.mapped(String::as_str)),
        Err(_) => call,
    };
    RestApiPolicy { rest_api_id: api.id(), policy: Policy::of([call]) }
}

fn stage(
    document: &mut Document,
    settings: &Settings,
    throttle: Throttle,
    key: &Handle<Key>,
    api: &Handle<RestApi>,
    deployment: &Handle<Deployment>,
) -> Handle<Stage> {
    let names = &settings.names();
    let log_group = LogGroup {
        name: format!("/aws/apigateway/{}", names.of("github")).into(),
        retention_in_days: settings.operations.log_retention_days,
        kms_key_id: key.arn(),
    };
    let log_group = document.add("webhook-access-log", log_group);
    let counted = |name: &str, pattern: String, metric: Metric| LogMetricFilter {
        name: names.of(name).into(),
        log_group_name: log_group.name(),
        pattern: format!("{{ {pattern} }}").into(),
        metric_transformation: MetricTransformation {
            name: metric.name(),
            namespace: metric.namespace().name(),
            value: "1",
            unit: metric.unit().name(),
        },
    };
    let refused = REFUSALS.map(|kind| format!("($.error = \"{kind}\")")).join(" || ");
    let refused = counted("webhook-refused", format!("{refused} || {TOO_LARGE}"), Metric::WebhookRejected);
    document.add("webhook-refused", refused);
    // API Gateway itself refuses what is larger than 10 MB. What does not call itself GitHub's is somebody's who tries.
    let oversized = format!(r#"(($.status = "413") || {TOO_LARGE}) && ($.userAgent = "{GITHUB_AGENT}*")"#);
    let oversized = counted("webhook-oversized", oversized, Metric::OversizedDeliveries);
    document.add("webhook-oversized", oversized);
    // What is said of a request, without anything that it holds.
    let format = [
        ("error", "$context.error.responseType"),
        ("integrationError", "$context.integration.error"),
        // What Lambda itself has answered, not the function.
        ("integrationStatus", "$context.integration.integrationStatus"),
        ("ip", "$context.identity.sourceIp"),
        ("latency", "$context.responseLatency"),
        ("method", "$context.httpMethod"),
        ("requestId", "$context.requestId"),
        ("resourcePath", "$context.resourcePath"),
        ("status", "$context.status"),
        ("time", "$context.requestTime"),
        ("userAgent", "$context.identity.userAgent"),
    ];
    let stage = Stage {
        rest_api: api.id(),
        deployment: deployment.id(),
        stage_name: STAGE.into(),
        xray_tracing_enabled: true,
        access_log_settings: AccessLogSettings {
            destination_arn: log_group.arn(),
            format: Json::of(format.map(|(name, value)| (name, value.into())).into()),
        },
    };
    // API Gateway logs errors of a stage in a group that it calls so itself, and makes it, for good and without a key, if it
    // is not there. Source: API Gateway developer guide, "Set up CloudWatch logging".
    let execution_log = LogGroup {
        name: Text::from("API-Gateway-Execution-Logs_") + api.id() + "/" + STAGE,
        retention_in_days: settings.operations.log_retention_days,
        kms_key_id: key.arn(),
    };
    let execution_log = document.add("webhook-execution-log", execution_log);
    let account = settings.operations.manage_api_gateway_account.then(|| account(document, names));
    let after = account.into_iter().chain([execution_log.itself()]);
    let stage = document.add_with("webhook-stage", stage, Options::after(after));
    let Throttle { rate, burst } = throttle;
    let methods = MethodSettings {
        rest_api: api.id(),
        stage_name: stage.output("stageName"),
        method_path: "*/*",
        settings: MethodSetting {
            metrics_enabled: true,
            logging_level: "ERROR",
            data_trace_enabled: false,
            throttling_rate_limit: rate.into(),
            throttling_burst_limit: burst,
        },
    };
    document.add("webhook-methods", methods);
    stage
}

/// Lets API Gateway write logs. An account has this setting once a region.
fn account(document: &mut Document, names: &Names) -> Text {
    let name = names.of("api-gateway-logs");
    let role = Role {
        name: name.as_str().into(),
        description: "Writes the logs of API Gateway".into(),
        assume_role_policy: assumed_by(Service::ApiGateway),
    };
    let role = document.add("api-gateway-role", role);
    // API Gateway refuses a role that may do less. Source: API Gateway developer guide, "Set up CloudWatch logging".
    let actions = [
        "logs:CreateLogGroup",
        "logs:CreateLogStream",
        "logs:DescribeLogGroups",
        "logs:DescribeLogStreams",
        "logs:FilterLogEvents",
        "logs:GetLogEvents",
        "logs:PutLogEvents",
    ];
    let policy = RolePolicy {
        name: name.into(),
        role: role.name(),
        policy: Policy::of([Statement::allow("Logs", actions).on_all()]),
    };
    let policy = document.add("api-gateway-policy", policy);
    let account = Account { cloudwatch_role_arn: role.arn() };
    document.add_with("api-gateway-account", account, Options::after([policy.itself()])).itself()
}

/// Refuses what can't be GitHub's, and limits what need not be.
fn firewall(
    document: &mut Document,
    settings: &Settings,
    firewall: &Firewall,
    key: &Handle<Key>,
    stage: &Handle<Stage>,
) {
    let names = &settings.names();
    let visible = |name: &str| VisibilityConfig {
        cloudwatch_metrics_enabled: true,
        metric_name: names.of(name).into(),
        sampled_requests_enabled: false,
    };
    let strangers = strangers(document, names, firewall);
    let rate = |limit, aggregate_key_type| RuleStatement::Beyond {
        limit,
        aggregate_key_type,
        scope_down_statement: Some(Box::new(strangers())),
    };
    let rules = [
        ("signature", RuleStatement::not(is_signed())),
        ("rate", rate(firewall.from_one, "IP")),
        ("rate-of-all", rate(firewall.from_all, "CONSTANT")),
    ];
    let rule = |(priority, (name, statement))| Rule {
        name,
        priority,
        action: Block { block: Empty {} },
        statement,
        visibility_config: visible(&format!("webhook-{name}")),
    };
    let acl = WebAcl {
        name: names.of("github").into(),
        description: "Refuses what has no signature, and limits what does not come from GitHub".into(),
        scope: REGIONAL,
        default_action: Allow { allow: Empty {} },
        rules: (0..).zip(rules).map(rule).collect(),
        visibility_config: visible("webhook"),
    };
    let acl = document.add("firewall", acl);
    let association = WebAclAssociation { resource_arn: stage.arn(), web_acl_arn: acl.arn() };
    document.add("firewall-association", association);
    let log_group = LogGroup {
        // The firewall writes to log groups that are called so, and to no others.
        name: format!("aws-waf-logs-{}", names.of("github")).into(),
        retention_in_days: settings.operations.log_retention_days,
        kms_key_id: key.arn(),
    };
    let log_group = document.add("firewall-log", log_group);
    let logging =
        WebAclLoggingConfiguration { resource_arn: acl.arn(), log_destination_configs: [log_group.arn()] };
    document.add("firewall-logging", logging);
}

/// Where a list of rules can stand: in front of an API of a region.
const REGIONAL: &str = "REGIONAL";

/// Requests with a header that looks like GitHub's signature.
fn is_signed() -> RuleStatement {
    RuleStatement::Matching {
        regex_string: Firewall::SIGNATURE,
        field_to_match: Field { single_header: Header { name: "x-hub-signature-256" } },
        text_transformations: [TextTransformation { priority: 0, kind: "NONE" }],
    }
}

/// Requests from where GitHub does not deliver: a statement for each rule that needs it. Without trusted addresses those are
/// all with a signature, which the first rule has let through.
fn strangers(
    document: &mut Document,
    names: &Names,
    firewall: &Firewall,
) -> impl Fn() -> RuleStatement + use<> {
    let (v6, v4): (Vec<_>, Vec<_>) = firewall.trusted.iter().cloned().partition(|range| range.contains(':'));
    let versions = [("github-ipv4", "IPV4", v4), ("github-ipv6", "IPV6", v6)];
    let sets = versions.into_iter().filter(|(_, _, addresses)| !addresses.is_empty());
    let sets = sets.map(|(name, ip_address_version, addresses)| {
        let set = IpSet {
            name: names.of(name).into(),
            description: "Where GitHub delivers from".into(),
            scope: REGIONAL,
            ip_address_version,
            addresses,
        };
        document.add(format!("firewall-{name}"), set).arn()
    });
    let sets: Vec<Text> = sets.collect();
    move || {
        let trusted = sets.iter().map(|arn| RuleStatement::InSet { arn: arn.clone() });
        RuleStatement::any(trusted.collect()).map_or_else(is_signed, RuleStatement::not)
    }
}
