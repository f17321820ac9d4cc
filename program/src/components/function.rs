//! A Lambda function with its role and log group.

use super::{Actual, Service, assumed_by};
use crate::{
    aws::{
        cloudwatch::LogGroup,
        iam::{Role, RolePolicy},
        kms::Key,
        lambda::{Encrypted, Environment, Function, LoggingConfig, TracingConfig},
    },
    plan,
    pulumi::{Document, FileArchive, Handle, Options, Text},
    settings::{Architecture, Operations},
};

/// A function of the stack.
#[derive(Debug)]
pub(crate) struct Deployed {
    pub(crate) function: Handle<Function>,
    /// What the function's role may do: whoever invokes the function waits for it.
    pub(crate) policy: Handle<RolePolicy>,
}

/// The code of all functions, from the project's folder. Which of them it is, its handler's name tells it.
pub(crate) const ARCHIVE: &str = "target/lambda/functions.zip";

/// A function. Its log group is made before it, so that Lambda makes none without retention and key.
pub(crate) fn function(
    document: &mut Document,
    planned: &plan::Function,
    operations: &Operations,
    key: &Handle<Key>,
    actual: Actual<'_>,
) -> Deployed {
    let name = planned.name;
    let log_group = document.add(
        format!("{name}-log"),
        LogGroup {
            name: planned.log_group.as_str().into(),
            retention_in_days: operations.log_retention_days,
            kms_key_id: key.arn(),
        },
    );
    let role = document.add(
        format!("{name}-role"),
        Role {
            name: planned.resource.as_str().into(),
            description: Text::from("The function ") + planned.resource.as_str(),
            assume_role_policy: assumed_by(Service::Lambda),
        },
    );
    let policy = document.add(
        format!("{name}-policy"),
        RolePolicy {
            name: planned.resource.as_str().into(),
            role: role.name(),
            policy: actual.policy(&planned.permissions),
        },
    );
    let variables = planned.environment.iter().map(|(name, value)| (name.clone(), value.into()));
    let properties = Function {
        name: planned.resource.as_str().into(),
        description: planned.description.into(),
        role: role.arn(),
        runtime: "provided.al2023",
        handler: name,
        architectures: [match operations.architecture {
            Architecture::Arm64 => "arm64",
            Architecture::X86 => "x86_64",
        }],
        code: FileArchive::at(ARCHIVE),
        memory_size: planned.memory,
        timeout: planned.timeout.as_secs(),
        environment: (!planned.environment.is_empty()).then(|| Encrypted {
            environment: Environment { variables: variables.collect() },
            kms_key_arn: key.arn(),
        }),
        logging_config: LoggingConfig {
            log_format: "JSON",
            log_group: log_group.name(),
            application_log_level: "INFO",
            system_log_level: "WARN",
        },
        tracing_config: TracingConfig { mode: "Active" },
    };
    // A function that is invoked before its policy is there fails for want of permissions.
    let function = document.add_with(name, properties, Options::after([policy.itself()]));
    Deployed { function, policy }
}
