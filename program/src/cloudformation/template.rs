//! The template of the tooling stack: one for every account and region.

use super::{CloudFormationError, template};
use crate::{
    settings::ToolingSettings,
    stacks::{StackError, tooling_stack},
};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Why there is no template.
#[derive(Debug, thiserror::Error)]
pub enum ToolingTemplate {
    /// The stack can't be written.
    #[error(transparent)]
    Stack(#[from] StackError),
    /// It has no rendering.
    #[error(transparent)]
    Rendering(#[from] CloudFormationError),
}

/// What is only known where the template is installed.
const ACCOUNT: &str = "${AWS::AccountId}";
const REGION: &str = "${AWS::Region}";
const OPS_ACCOUNT: &str = "${OpsAccount}";
const OPS_REGION: &str = "${OpsRegion}";

/// A resource that is not everywhere.
const ELSEWHERE: &str = "OutsideOpsAccount";
const ELSEWHERE_IN_REGION: &str = "OutsideOpsRegion";

/// The template of the tooling stack. Account and region are those where it is installed, the operations account and its
/// region are parameters; what is not there in the operations account itself has a condition.
///
/// # Errors
/// [`ToolingTemplate`].
pub fn tooling_template(settings: &ToolingSettings) -> Result<Value, ToolingTemplate> {
    let mut tags = settings.tags.clone();
    tags.insert("dora:managed-by".into(), "cloudformation".into());
    let at = |account: &str, region: &str| {
        let there = ToolingSettings {
            account: account.to_owned(),
            region: region.to_owned(),
            ops_account: OPS_ACCOUNT.to_owned(),
            ops_region: OPS_REGION.to_owned(),
            tags: tags.clone(),
            ..settings.clone()
        };
        Ok::<_, ToolingTemplate>(template(&tooling_stack(&there)?.document)?)
    };
    let mut everywhere = at(ACCOUNT, REGION)?;
    let conditional = conditions(&everywhere, &at(OPS_ACCOUNT, REGION)?, &at(OPS_ACCOUNT, OPS_REGION)?);
    for (id, condition) in &conditional {
        everywhere["Resources"][id]["Condition"] = json!(condition);
    }
    guard(&mut everywhere["Resources"], &conditional);
    for output in everywhere["Outputs"].as_object_mut().into_iter().flatten().map(|(_, output)| output) {
        if let Some(condition) = referred(&output["Value"]).and_then(|id| conditional.get(id)) {
            output["Condition"] = json!(condition);
        }
    }
    let in_ops_account = json!({"Fn::Equals": [{"Ref": "AWS::AccountId"}, {"Ref": "OpsAccount"}]});
    let in_ops_region = json!({"Fn::Equals": [{"Ref": "AWS::Region"}, {"Ref": "OpsRegion"}]});
    everywhere["Conditions"] = json!({
        ELSEWHERE: {"Fn::Not": [in_ops_account]},
        ELSEWHERE_IN_REGION: {"Fn::Not": [{"Fn::And": [in_ops_account, in_ops_region]}]},
    });
    everywhere["Description"] =
        json!("Forwards events of pipelines and OpsItems to DORA metrics, and lets it read them");
    everywhere["Parameters"] = json!({
        "OpsAccount": {
            "Type": "String",
            "Description": "The account of DORA metrics",
            "AllowedPattern": "^[0-9]{12}$",
        },
        "OpsRegion": {
            "Type": "String",
            "Description": "The region of its stack",
            "AllowedPattern": "^[a-z]+(-[a-z]+)+-[0-9]+$",
        },
    });
    Ok(everywhere)
}

/// What is not in the operations account, or not in its stack's region.
fn conditions(everywhere: &Value, ops_account: &Value, ops_region: &Value) -> BTreeMap<String, &'static str> {
    let ids = everywhere["Resources"].as_object().into_iter().flatten().map(|(id, _)| id.clone());
    let condition = |id: &String| match (&ops_account["Resources"][id], &ops_region["Resources"][id]) {
        (Value::Null, _) => Some(ELSEWHERE),
        (_, Value::Null) => Some(ELSEWHERE_IN_REGION),
        _ => None,
    };
    ids.filter_map(|id| condition(&id).map(|condition| (id, condition))).collect()
}

/// Elements of lists that refer to what is not everywhere are left out where that is not.
fn guard(value: &mut Value, conditional: &BTreeMap<String, &'static str>) {
    match value {
        Value::Array(values) => {
            for value in values {
                match referred(value).and_then(|id| conditional.get(id)) {
                    Some(condition) => {
                        *value = json!({"Fn::If": [condition, value.take(), {"Ref": "AWS::NoValue"}]});
                    }
                    None => guard(value, conditional),
                }
            }
        }
        Value::Object(members) => members.values_mut().for_each(|value| guard(value, conditional)),
        _ => {}
    }
}

/// The resource that a value is a reference to.
fn referred(value: &Value) -> Option<&str> {
    value["Ref"].as_str().or_else(|| value["Fn::GetAtt"][0].as_str())
}
