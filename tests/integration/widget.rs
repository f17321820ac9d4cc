//! The widget of the dashboards: the real function, asked as CloudWatch asks.

use crate::{
    outside,
    page::browser::Browser,
    scene::{Scene, at, commit, commit_id, execution, execution_of, ops_item, rollback, with_webhook},
};
use jiff::{SignedDuration, Timestamp};
use scenarios::year::ten_thousand_deployments_before;
use serde_json::{Value, json};
use std::{fs, path::Path};

const NAME: &str = "dashboard-widget";

/// What CloudWatch sends: the parameters, and what it says of the dashboard. Source: CloudWatch user guide, "Custom widgets:
/// details".
fn event(parameters: &Value, [start, end]: [Timestamp; 2], form: &Value) -> String {
    let mut event = parameters.clone();
    event["widgetContext"] = json!({
        "dashboardName": "dora",
        "widgetId": "widget-1",
        "accountId": "999999999999",
        "locale": "en",
        "timezone": { "label": "UTC", "offsetISO": "+00:00", "offsetInMinutes": 0 },
        "period": 300,
        "isAutoPeriod": true,
        "timeRange": {
            "mode": "absolute",
            "start": start.as_millisecond(),
            "end": end.as_millisecond(),
            "relativeStart": 86_400_000,
            "zoom": null,
        },
        "theme": "light",
        "linkCharts": true,
        "title": "Evidence",
        "forms": { "all": form },
        "params": parameters,
        "width": 1200,
        "height": 600,
    });
    event.to_string()
}

async fn asked(scene: &mut Scene, parameters: &Value, range: [Timestamp; 2], form: &Value) -> Value {
    let reply = scene.cloud.look(event(parameters, range, form)).await.unwrap();
    let reply = reply.unwrap_or_else(|failure| panic!("{failure:?}: {}", scene.cloud.logs().unwrap()[NAME]));
    serde_json::from_slice(&reply).unwrap()
}

/// What is shown of a view of the day.
async fn shown(scene: &mut Scene, parameters: Value) -> String {
    let reply = asked(scene, &parameters, [at("00:00"), at("20:00")], &json!({})).await;
    reply.as_str().unwrap().to_owned()
}

/// The table of a view as CSV.
async fn csv(scene: &mut Scene, view: &str, mut parameters: Value) -> String {
    parameters["view"] = view.into();
    parameters["format"] = "csv".into();
    let html = shown(scene, parameters).await;
    let (_, csv) = html.split_once("<pre>").unwrap();
    let csv = csv.trim_end_matches("</pre>");
    csv.replace("&quot;", "\"")
        .replace("&#39;", "'")
        .replace("&gt;", ">")
        .replace("&lt;", "<")
        .replace("&amp;", "&")
}

const VIEWS: [&str; 10] = [
    "deployments",
    "failures",
    "incidents",
    "slowest",
    "excluded",
    "repositories",
    "quickCheck",
    "days",
    "weeks",
    "months",
];

/// A day with a bit of everything.
async fn day() -> Scene {
    let mut scene = Scene::with(with_webhook()).await;
    scene.pushes("08:30", "main", 0, &[commit(1, "08:00", "Begin")]).await;
    scene.runs(&execution("e1", "09:00").revision(&commit_id(1))).await;
    scene.pushes("10:30", "main", 1, &[commit(2, "10:00", "Add"), commit(3, "10:15", "Mend")]).await;
    scene.runs(&execution("e2", "11:00").revision(&commit_id(3))).await;
    scene.raises(&ops_item(1, "11:30").title("acme/shop is slow")).await;
    scene.pushes("12:20", "main", 3, &[commit(4, "12:10", "Mend oi-000000000001")]).await;
    scene.runs(&execution("e3", "12:30").revision(&commit_id(4))).await;
    scene.runs(&execution("e4", "13:00").revision(&commit_id(5))).await;
    scene.runs(&rollback("e5", "e3", "13:30")).await;
    scene
        .runs(&execution_of("cart", "c1", "14:00").source(
            crate::scene::Source::CodeStar,
            "acme/cart",
            "main",
        ))
        .await;
    scene
        .runs(&execution("e6", "14:30").source(crate::scene::Source::CodeStar, "acme/shop", "develop"))
        .await;
    scene.raises(&ops_item(2, "15:00").data("dora/repository", "acme/other")).await;
    scene.raises(&ops_item(3, "19:50").title("acme/cart is slow")).await;
    scene.finish().await;
    scene.reconciles("20:00").await;
    scene
}

#[tokio::test]
async fn every_view() {
    let mut scene = day().await;
    for view in VIEWS {
        insta::assert_snapshot!(format!("widget_{view}"), csv(&mut scene, view, json!({})).await);
    }
    let of_repository = csv(&mut scene, "deployments", json!({ "Repository": "acme/cart" })).await;
    assert_eq!(of_repository.lines().count(), 2, "{of_repository}");
    let of_team = csv(&mut scene, "deployments", json!({ "Team": "payments" })).await;
    assert!(of_team.contains("acme/shop") && !of_team.contains("acme/cart"), "{of_team}");
    let in_another_case = csv(&mut scene, "deployments", json!({ "Repository": "ACME/Cart" })).await;
    assert_eq!(in_another_case, of_repository);
    let in_another_case = csv(&mut scene, "deployments", json!({ "Team": "Payments" })).await;
    assert_eq!(in_another_case, of_team);
    let html = shown(&mut scene, json!({ "view": "deployments" })).await;
    insta::assert_snapshot!(
        "widget_html",
        html.replace("<tr", "\n<tr").replace("<nav", "\n<nav").replace("<form", "\n<form")
    );
    // CloudWatch gives no metrics to explain beside these: the function calls nothing but the index of the ledger.
    let logs = &scene.cloud.logs().unwrap()[NAME];
    assert!(!logs.contains("AccessDenied"), "{logs}");
}

#[tokio::test]
async fn forms_links_and_mistakes() {
    let mut scene = day().await;
    let range = [at("00:00"), at("20:00")];
    let description = asked(&mut scene, &json!({ "describe": true }), range, &json!({})).await;
    assert!(description["markdown"].as_str().unwrap().contains("| `view` |"), "{description}");
    let form = json!({ "repository": "acme/cart", "team": "" });
    let parameters = json!({ "view": "deployments", "form": true, "Repository": "acme/shop" });
    let html = asked(&mut scene, &parameters, range, &form).await;
    let html = html.as_str().unwrap();
    assert!(html.contains("cart: c1") && !html.contains("shop: e1"), "{html}");
    let unknown = shown(&mut scene, json!({ "view": "<script>" })).await;
    assert!(unknown.starts_with("<p>There is no view &lt;script&gt;: deployments,"), "{unknown}");
    let unknown = shown(&mut scene, json!({ "team": "nobody" })).await;
    assert_eq!(unknown, "<p>There is no team nobody: payments are configured</p>");
    let none = shown(&mut scene, json!({ "repository": "acme/none" })).await;
    assert!(none.contains("No deployment in this time range."), "{none}");
}

/// Names and texts of others are texts, whatever they hold.
#[tokio::test]
async fn hostile_names() {
    let mut scene = Scene::new().await;
    let hostile = "\"><script>alert(1)</script><iframe src=x>\u{202e}";
    scene.runs(&execution("e1", "09:00").source(crate::scene::Source::S3, "bucket", hostile)).await;
    scene
        .runs(&execution_of("p", "e2", "10:00").source(
            crate::scene::Source::CodeStar,
            "acme/<img onerror=x>",
            "main",
        ))
        .await;
    scene.raises(&ops_item(1, "11:30").title(hostile)).await;
    scene.finish().await;
    scene.reconciles("20:00").await;
    for view in VIEWS {
        for parameters in [
            json!({ "view": view }),
            json!({ "view": view, "repository": hostile }),
            json!({ "view": view, "format": "csv" }),
        ] {
            let html = shown(&mut scene, parameters).await;
            for element in ["<script", "<iframe", "<img", "<use", "javascript:", "\u{202e}"] {
                assert!(!html.contains(element), "{view} has {element}: {html}");
            }
        }
    }
}

/// In a real browser, on the console's light and dark ground, wide and narrow; screenshots are written to `target/widget/`.
#[tokio::test]
async fn in_a_browser() {
    let Some(browser) = outside::or_skip("in_a_browser", Browser::find()) else { return };
    let mut scene = day().await;
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/widget");
    fs::create_dir_all(&folder).unwrap();
    let folder = folder.canonicalize().unwrap();
    for view in VIEWS {
        let html = shown(&mut scene, json!({ "view": view })).await;
        let ground = "<style>body{margin:8px;font:14px sans-serif;background:#fff;color:#16191f}a{color:#0073bb}cwdb-action{display:none}\
                      @media(prefers-color-scheme:dark){body{background:#0f1b2a;color:#d1d5db}a{color:#89bdee}}</style>";
        let page = format!(
            "<!doctype html><html lang=en><meta charset=utf-8><title>Widget</title>{ground}<main>{html}</main>"
        );
        let file = folder.join(format!("{view}.html"));
        fs::write(&file, page).unwrap();
        let looks = [(1440, "light"), (1440, "dark"), (390, "light"), (390, "dark")].map(|(width, scheme)| {
            json!({
                "width": width, "height": 844, "scheme": scheme, "axe": true,
                "screenshot": folder.join(format!("{view}-{width}-{scheme}.png")),
                "read": {"width": "document.documentElement.scrollWidth", "rows": "document.querySelectorAll('tbody tr').length"},
            })
        });
        for (seen, look) in browser.look(&file, &looks).iter().zip(&looks) {
            assert!(
                seen.console.is_empty() && seen.fetched.is_empty() && seen.axe.is_empty(),
                "{view}: {seen:#?}"
            );
            assert!(seen.read["width"].as_u64() <= look["width"].as_u64(), "{view}: {seen:?}");
            assert!(seen.read["rows"].as_u64() > Some(0), "{view}: {seen:?}");
        }
    }
}

/// CloudWatch takes replies of 6 MB; these stay under 1 MB, and every row of the figures is there.
#[tokio::test]
async fn ten_thousand_deployments() {
    let mut scene = Scene::new().await;
    scene.holds(&ten_thousand_deployments_before(at("00:00")));
    let range = [at("00:00") - SignedDuration::from_hours(24 * 400), at("20:00")];
    for (view, format) in [
        ("deployments", "html"),
        ("deployments", "csv"),
        ("slowest", "csv"),
        ("excluded", "html"),
        ("repositories", "html"),
        ("months", "html"),
    ] {
        let parameters = json!({ "view": view, "format": format });
        let reply = scene.cloud.look(event(&parameters, range, &json!({}))).await.unwrap().unwrap();
        assert!(reply.len() < 1_000_000, "{parameters}: {} bytes", reply.len());
    }
    let reply = asked(&mut scene, &json!({ "view": "deployments", "page": 200 }), range, &json!({})).await;
    let (_, pages) = reply.as_str().unwrap().rsplit_once("<nav").unwrap();
    assert!(pages.contains("Page 200 of 200, 10000 rows"), "{pages}");
    assert!(reply.as_str().unwrap().contains("0000270f-0000"), "the oldest is on the last page");
}
