//! What somebody needs to look at the dashboards.

use crate::{
    naming::{Names, partition},
    plan::DASHBOARD_WIDGET,
    statement::{Resource, RoleStatement, on},
};

/// What somebody needs who looks at the dashboards in CloudWatch's console: the list, the documents, the figures, what they are made of,
/// and the states of alarms.
///
/// Source: CloudWatch user guide, "Permissions required to use the CloudWatch console"; Service Authorization Reference.
pub fn viewer(names: &Names) -> Vec<RoleStatement> {
    let dashboards =
        format!("arn:{}:cloudwatch::{}:dashboard", partition(names.region()), names.ops_account());
    let own = |name: &str| format!("{dashboards}/{name}");
    let alarms = Resource::every(
        names.arn("cloudwatch", "alarm:*"),
        "CloudWatch asks for all alarms of the region when they are looked for",
    );
    vec![
        on(
            "Dashboards",
            ["cloudwatch:GetDashboard"],
            [
                Resource::Arn(own(names.prefix())),
                Resource::every(own(&names.of("*")), "further pages of repositories come and go with them"),
            ],
        ),
        on(
            "Figures",
            ["cloudwatch:GetMetricData", "cloudwatch:ListDashboards", "cloudwatch:ListMetrics"],
            [Resource::every("*", "CloudWatch has no resources for these actions")],
        ),
        on("Alarms", ["cloudwatch:DescribeAlarms"], [alarms]),
        // CloudWatch calls a widget's function as whoever looks. Source: CloudWatch user guide, "Add a custom widget to a
        // CloudWatch dashboard".
        on("Widget", ["lambda:InvokeFunction"], [Resource::Arn(names.function_arn(DASHBOARD_WIDGET))]),
    ]
}
