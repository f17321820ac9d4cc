//! What a request asks for, and of whom: read from its headers, path and body.

use super::{AwsError, credentials::Caller};
use axum::{
    body::Bytes,
    http::{HeaderMap, Uri},
};
use flate2::read::GzDecoder;
use metrics_lib::place::Place;
use std::{borrow::Cow, io::Read};

/// The most that a body may hold once it is inflated.
const MAX_BODY: u64 = 16 * 1024 * 1024;

/// How a service's requests and answers are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Protocol {
    /// Smithy RPC v2 CBOR.
    Cbor,
    /// AWS JSON 1.0 or 1.1.
    Json,
    /// AWS query: a form, answered in XML.
    Query,
}

/// A request.
#[derive(Debug)]
pub(super) struct Request<'a> {
    pub(super) protocol: Protocol,
    /// The service's name in signatures: `codepipeline`.
    pub(super) service: String,
    pub(super) operation: String,
    /// What a path names: the function.
    pub(super) resource: String,
    /// Whose credentials signed it.
    pub(super) caller: Caller,
    /// The region that it was signed for.
    pub(super) region: String,
    pub(super) body: Cow<'a, [u8]>,
}

impl<'a> Request<'a> {
    /// Reads a request.
    ///
    /// # Errors
    /// [`AwsError`], with the protocol in which it is to be answered.
    pub(super) fn read(
        uri: &Uri,
        headers: &HeaderMap,
        body: &'a Bytes,
    ) -> Result<Self, (Protocol, AwsError)> {
        let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let is_form = header("content-type").starts_with("application/x-www-form-urlencoded");
        let protocol = match header("smithy-protocol") {
            "rpc-v2-cbor" => Protocol::Cbor,
            _ if is_form => Protocol::Query,
            _ => Protocol::Json,
        };
        let fail = |error: AwsError| (protocol, error);
        let Scope { access_key, region, service } =
            Scope::of(header("authorization")).ok_or_else(|| fail(unsigned()))?;
        let caller = Caller::of(access_key).ok_or_else(|| fail(unknown_key(access_key)))?;
        let body = inflate(header("content-encoding"), body).map_err(fail)?;
        let (rest, resource) = rest(uri.path());
        let operation = match protocol {
            Protocol::Cbor => uri.path().rsplit('/').next().unwrap_or_default().to_owned(),
            Protocol::Json => match header("x-amz-target").rsplit_once('.') {
                Some((_, operation)) => operation.to_owned(),
                None => rest.to_owned(),
            },
            Protocol::Query => super::sts::parameter(&body, "Action").unwrap_or_default(),
        };
        let service = if service == "monitoring" { "cloudwatch" } else { service };
        let (service, region) = (service.to_owned(), region.to_owned());
        Ok(Self { protocol, service, operation, resource, caller, region, body })
    }

    /// Where it is answered: the caller's account, in the region that it was signed for.
    pub(super) fn place(&self) -> Place {
        Place::new(&self.caller.account, &self.region)
    }

    /// The operation as IAM names it: `codepipeline:GetPipelineExecution`.
    pub(super) fn action(&self) -> String {
        format!("{}:{}", self.service, self.operation)
    }
}

/// The operation that a path asks for, as IAM names it, and what it names; the path itself if it is none of ours.
fn rest(path: &str) -> (&str, String) {
    let function = path.strip_prefix("/2015-03-31/functions/").and_then(|path| path.split_once('/'));
    match function {
        Some((name, "invocations")) => ("InvokeFunction", name.to_owned()),
        Some((name, "configuration")) => ("GetFunctionConfiguration", name.to_owned()),
        _ => (path, String::new()),
    }
}

/// The credential scope of a signature, version 4.
struct Scope<'a> {
    access_key: &'a str,
    region: &'a str,
    service: &'a str,
}

impl<'a> Scope<'a> {
    fn of(authorization: &'a str) -> Option<Self> {
        let (_, credential) = authorization.split_once("Credential=")?;
        let mut parts = credential.split(',').next()?.split('/');
        let (access_key, _day, region, service) =
            (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        Some(Self { access_key, region, service })
    }
}

fn unsigned() -> AwsError {
    AwsError::new("MissingAuthenticationToken", "Request is missing Authentication Token").with_status(403)
}

fn unknown_key(access_key: &str) -> AwsError {
    let message = format!("the access key {access_key} is not one that this cloud has given");
    AwsError::new("UnrecognizedClientException", message).with_status(403)
}

fn inflate<'a>(encoding: &str, body: &'a Bytes) -> Result<Cow<'a, [u8]>, AwsError> {
    match encoding {
        "" | "identity" => Ok(Cow::Borrowed(body)),
        "gzip" => {
            let mut inflated = Vec::new();
            let read = GzDecoder::new(&body[..]).take(MAX_BODY).read_to_end(&mut inflated);
            read.map_err(|error| AwsError::new("SerializationException", error.to_string()))?;
            Ok(Cow::Owned(inflated))
        }
        other => Err(AwsError::new("SerializationException", format!("unknown content encoding {other}"))),
    }
}
