//! Where a stack is, and what it has.

use crate::{
    naming::{Names, arn, partition},
    plan::Resource,
};
use metrics_lib::place::Place;
use serde_json::Value;
use std::collections::BTreeSet;

/// Why names end with `*`.
pub(super) const OWN: &str = "what the installation has, now and in later versions, begins with its prefix";
pub(super) const API: &str = "API Gateway makes up the ids of APIs, and their ARNs have no names";

/// Where a stack is, and what it has.
pub(super) struct Deployed<'a> {
    pub(super) prefix: &'a str,
    pub(super) place: Place,
    pub(super) document: &'a Value,
}

impl Deployed<'_> {
    /// What the installation has of a kind: what begins with its prefix.
    pub(super) fn own(&self, service: &str, kind: &str) -> Resource {
        Resource::every(
            arn(service, &self.place.region, &self.place.account, &format!("{kind}{}-*", self.prefix)),
            OWN,
        )
    }

    pub(super) fn one(&self, service: &str, resource: &str) -> Resource {
        Resource::Arn(arn(service, &self.place.region, &self.place.account, resource))
    }

    /// The database of the lake.
    pub(super) fn database_name(&self) -> String {
        Names::new(self.prefix, self.place.clone()).database()
    }

    pub(super) fn database(&self) -> Resource {
        self.one("glue", &format!("database/{}", self.database_name()))
    }

    /// The stages of APIs.
    pub(super) fn stages(&self) -> Resource {
        Resource::every(arn("apigateway", &self.place.region, "", "/restapis/*/stages/*"), API)
    }

    pub(super) fn own_roles(&self) -> Resource {
        let Self { prefix, place: Place { account, region }, .. } = self;
        Resource::every(format!("arn:{}:iam::{account}:role/{prefix}-*", partition(region)), OWN)
    }

    pub(super) fn installation(&self) -> Vec<String> {
        vec![self.prefix.to_owned()]
    }

    /// The resources of the document, each with its type, without the provider, and its properties.
    pub(super) fn resources(&self) -> impl Iterator<Item = (&str, &Value)> {
        let resources = self.document["resources"].as_object().into_iter().flat_map(|all| all.values());
        let own =
            |resource: &'_ Value| resource["type"].as_str().is_some_and(|kind| kind.starts_with("aws:"));
        resources.filter(move |resource| own(resource)).map(|resource| {
            let kind = resource["type"].as_str().unwrap_or_default();
            (kind.strip_prefix("aws:").unwrap_or(kind), &resource["properties"])
        })
    }

    /// The names of the resources of a type.
    pub(super) fn names(&self, kind: &str, property: &str) -> impl Iterator<Item = &str> {
        self.resources().filter(move |(of, _)| *of == kind).filter_map(move |(_, of)| of[property].as_str())
    }

    /// The log groups, whose names begin with what their services want: `/aws/lambda/dora-…`. What the name refers to, AWS
    /// makes up.
    pub(super) fn log_groups(&self) -> Vec<Resource> {
        let own = format!("{}-", self.prefix);
        let pattern = |name: &str| match (name.split_once("${"), name.split_once(&own)) {
            (Some((before, _)), _) => (format!("{before}*"), API),
            (None, Some((before, _))) => (format!("{before}{own}*"), OWN),
            (None, None) => (name.to_owned(), OWN),
        };
        let names = self.names("cloudwatch/logGroup:LogGroup", "name");
        let patterns: BTreeSet<(String, &str)> = names.map(pattern).collect();
        let of =
            |name: &str| arn("logs", &self.place.region, &self.place.account, &format!("log-group:{name}"));
        patterns.iter().map(|(name, reason)| Resource::every(of(name), reason)).collect()
    }

    /// The services that assume the stack's roles.
    pub(super) fn services(&self) -> Vec<String> {
        let roles = self.resources().filter(|(kind, _)| *kind == "iam/role:Role");
        let statements = roles.flat_map(|(_, role)| {
            role["assumeRolePolicy"]["fn::toJSON"]["Statement"].as_array().into_iter().flatten()
        });
        let services = statements.filter_map(|statement| statement["Principal"]["Service"].as_str());
        let services: BTreeSet<&str> = services.collect();
        services.into_iter().map(str::to_owned).collect()
    }
}
