//! The page: that its figures are true, and what a person sees of it and can do with it.

pub(crate) mod browser;
mod made_up;
mod truth;

use crate::{
    dashboards::{Quarter, quarter},
    outside,
};
use browser::{Browser, Seen};
use dashboard_page::{PageData, page, page::PageFact};
use jiff::tz::TimeZone;
use metrics_lib::{
    fact::FactState,
    parts::{HEADINGS, spent},
};
use serde_json::{Value, json};
use std::{
    fs,
    path::{Path, PathBuf},
};

/// What the script of a page has.
pub(crate) fn embedded(page: &str) -> Value {
    let (_, data) = page.split_once("<script id=\"data\" type=\"application/json\">").unwrap();
    serde_json::from_str(data.split_once("</script>").unwrap().0).unwrap()
}

/// A page in `target/page/`, where whoever ran the tests may look at it.
fn written(name: &str, data: &PageData) -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/page");
    fs::create_dir_all(&folder).unwrap();
    let file = folder.canonicalize().unwrap().join(name);
    fs::write(&file, page(data).unwrap()).unwrap();
    file
}

/// Nothing is fetched, and nothing goes wrong without being seen.
fn assert_quiet(seen: &[Seen]) {
    for seen in seen {
        assert_eq!((&seen.console, &seen.fetched), (&vec![], &vec![]));
        assert!(seen.axe.is_empty(), "{:#?}", seen.axe);
    }
}

#[tokio::test]
async fn every_figure_of_the_page_is_true() {
    let Quarter { truth, page_data, .. } = quarter().await;
    let page = page(page_data).unwrap();
    assert!(page.len() < 2_000_000, "{}", page.len());
    truth::check(&embedded(&page), truth);
}

/// What a figure is made of is as much as its n.
#[tokio::test]
async fn views_of_the_page() {
    let Some(browser) = outside::or_skip("views_of_the_page", Browser::find()) else { return };
    let Quarter { page_data, .. } = quarter().await;
    let file = written("page.html", page_data);
    let mut views = Vec::new();
    for (width, height) in [(1440, 900), (390, 844)] {
        for scheme in ["light", "dark"] {
            for list in ["", "&list=failure-rate"] {
                let screenshot =
                    file.with_file_name(format!("{width}-{scheme}{}.png", list.replace('&', "-")));
                views.push(json!({
                    "width": width, "height": height, "scheme": scheme, "axe": true, "screenshot": screenshot,
                    "fragment": format!("#by=week{list}"),
                    "read": {
                        "width": "document.documentElement.scrollWidth",
                        "cards": "[...document.querySelectorAll('.card')].filter(c => c.querySelector('.value a')).length",
                        "below": "document.querySelector('.cards').getBoundingClientRect().bottom",
                        "smallest": "Math.min(...[...document.querySelectorAll('svg text, p, td, th')].filter(e => e.checkVisibility()).map(e => parseFloat(getComputedStyle(e).fontSize)))",
                        "headings": "[...document.querySelectorAll('h1, h2, h3')].map(e => e.tagName).join('')",
                    },
                }));
            }
        }
    }
    let screenshot = file.with_file_name("parts.png");
    views.push(json!({"width": 1440, "height": 900, "screenshot": screenshot, "of": "#parts", "fragment": "#by=week"}));
    views.push(json!({"width": 1440, "height": 900, "media": "print", "pdf": true}));
    let seen = browser.look(&file, &views);
    assert_quiet(&seen);
    for (seen, view) in seen.iter().zip(&views).filter(|(_, view)| view["axe"] == true) {
        assert!(
            seen.read["width"].as_u64() <= view["width"].as_u64(),
            "it is wider than the window: {seen:?}"
        );
        assert_eq!(seen.read["cards"], 5);
        assert!(view["width"] != 1440 || seen.read["below"].as_f64() < Some(900.0), "{seen:?}");
        assert!(seen.read["smallest"].as_f64() >= Some(11.0), "{seen:?}");
        assert!(seen.read["headings"].as_str().unwrap().starts_with("H1H2H3H3H3H3H3H2"), "{seen:?}");
    }
    let on_paper = seen.last().unwrap().pages;
    assert!((1..=6).contains(&on_paper), "{on_paper} pages");
    println!("screenshots: {}", file.parent().unwrap().display());
}

/// The parts of lead times are those of the facts, in each week.
#[tokio::test]
async fn where_the_time_goes() {
    let Some(browser) = outside::or_skip("where_the_time_goes", Browser::find()) else { return };
    let Quarter { page_data, .. } = quarter().await;
    let file = written("time.html", page_data);
    let weeks = ["2026-W03", "2026-W10"];
    let views = weeks.map(|week| {
        let read = json!({
            "parts": "partsByPeriod()[state.period].map(({ mean, median, n }) => [mean, median, n])",
            "rows": "[...document.querySelectorAll('#parts-list tbody th')].map(e => e.textContent.trim())",
        });
        json!({"width": 1440, "height": 900, "fragment": format!("#by=week&period={week}"), "read": read})
    });
    let seen = browser.look(&file, &views);
    assert_quiet(&seen);
    for (week, seen) in weeks.into_iter().zip(seen) {
        let of_week = |fact: &&PageFact| {
            let day = fact.time.to_zoned_datetime(TimeZone::UTC).date().iso_week_date();
            format!("{}-W{:02}", day.year(), day.week()) == week
        };
        let facts = page_data.facts.iter().filter(of_week).filter(|fact| fact.state != FactState::Pending);
        let parts = spent(facts.map(|fact| fact.parts.as_slice()));
        let expected = parts.iter().map(|part| {
            json!([part.mean, part.of_some.map(|of| of.median), part.of_some.map_or(0, |of| of.n)])
        });
        let close = |one: &Value, other: &Value| match (one.as_f64(), other.as_f64()) {
            (Some(one), Some(other)) => (one - other).abs() < 1e-6,
            (one, other) => one == other,
        };
        for (found, expected) in seen.read["parts"].as_array().unwrap().iter().zip(expected) {
            assert!(
                (0..3).all(|place| close(&found[place], &expected[place])),
                "{week}: {found}, {expected}"
            );
        }
        assert_eq!(seen.read["rows"], json!(HEADINGS.map(|heading| heading.title)), "{week}");
    }
}

/// With mouse and keyboard, and with a link.
#[tokio::test]
async fn ways_through_the_page() {
    let Some(browser) = outside::or_skip("ways_through_the_page", Browser::find()) else { return };
    let Quarter { page_data, .. } = quarter().await;
    let file = written("ways.html", page_data);
    let embedded = embedded(&fs::read_to_string(&file).unwrap());
    let units = embedded["units"].as_array().unwrap();
    let shop = units
        .iter()
        .position(|unit| embedded["words"][unit["name"].as_u64().unwrap() as usize] == "acme/shop");
    let shop = shop.unwrap();
    let read = json!({
        "overview": "document.getElementById('overview-title').textContent",
        "values": "[...document.querySelectorAll('.card .value')].map(e => e.textContent)",
        "facts": "document.getElementById('facts-title').textContent",
        "rows": "document.querySelectorAll('#facts-list tbody tr').length",
        "focus": "document.activeElement.id",
        "status": "document.getElementById('status').textContent",
        "repositories": "[...document.querySelectorAll('#repositories-list tbody th')].map(e => e.textContent)",
        "behind": "document.querySelectorAll('.chart details table tbody tr').length",
        "readout": "document.querySelector('.chart .readout').textContent",
    });
    let view = |fragment: &str, steps: Value| json!({"width": 1440, "height": 900, "fragment": fragment, "steps": steps, "read": read});
    let by_link = "#unit=repository%3Aacme%2Fshop&by=week&period=2026-W10&list=failure-rate";
    let seen = browser.look(&file, &[
        view("#by=week&period=2026-W10", json!([{"select": "#unit", "value": shop.to_string()}, {"click": ".card:nth-child(3) .value a"}])),
        view(by_link, json!([])),
        view("#by=week&period=2026-W10", json!([{"select": "#unit", "value": shop.to_string()}, {"back": true}])),
        view("#by=week&period=2026-W10", json!([{"focus": "#reset"}, {"press": "Tab"}, {"press": "Enter"}])),
        view("#by=week&period=2026-W10", json!([{"focus": "#charts a.chosen"}, {"press": "ArrowLeft"}, {"press": "Enter"}])),
        view("#by=week&period=2026-W10", json!([{"type": "#search", "text": "pay"}, {"click": ".chart summary"}])),
        view("#by=week&period=2026-W10", json!([{"click": "[name=by][value=month]"}, {"click": "#earlier"}])),
        view("#unit=repository%3Anobody&by=century&period=x&list=y", json!([])),
    ]);
    assert_quiet(&seen);
    let [clicked, linked, back, entered, stepped, searched, months, nonsense] = &seen[..] else {
        panic!("{seen:?}")
    };
    assert_eq!(clicked.hash, by_link);
    assert_eq!(clicked.read["focus"], "facts-title");
    let rows = clicked.read["rows"].as_u64().unwrap();
    assert!(rows > 3);
    assert_eq!(
        clicked.read["facts"],
        format!("Change failure rate: {rows} deployments of acme/shop, week 2026-W10")
    );
    // The figures are those of the data: computed in one place.
    let cell = &embedded["figures"][shop][1][2][1];
    let week = embedded["periods"][1]
        .as_array()
        .unwrap()
        .iter()
        .position(|period| period["label"] == "2026-W10")
        .unwrap();
    assert_eq!(cell[week][1], rows);
    for name in ["overview", "values", "facts", "rows", "status"] {
        assert_eq!(clicked.read[name], linked.read[name], "{name}");
    }
    assert_eq!(back.read["overview"], "How are we doing: all repositories, week 2026-W10");
    assert_eq!(entered.hash, "#by=week&period=2026-W10&list=deployments");
    assert_eq!(entered.read["focus"], "facts-title");
    assert_eq!(stepped.hash, "#by=week&period=2026-W09&list=deployments");
    assert!(stepped.read["readout"].as_str().unwrap().starts_with("2026-W09: "), "{stepped:?}");
    assert_eq!(searched.read["repositories"], json!(["acme/payments"]));
    assert_eq!(searched.read["behind"], 13);
    assert!(months.read["overview"].as_str().unwrap().contains("month 2026-0"), "{months:?}");
    assert!(
        nonsense.read["overview"]
            .as_str()
            .unwrap()
            .starts_with("How are we doing: all repositories, week 20")
    );
}

/// Nothing that people wrote is more than text.
#[test]
fn hostile_names_on_the_page() {
    let data = made_up::hostile();
    let text = page(&data).unwrap();
    assert!(!text.contains(metrics_lib::text::is_harmful));
    assert_eq!((text.matches("<script").count(), text.matches("</script>").count()), (2, 2));
    assert!(!text.contains("<img"), "markup comes through");
    let Some(browser) = outside::or_skip("hostile_names_on_the_page", Browser::find()) else { return };
    let file = written("hostile.html", &data);
    let read = json!({
        "hacked": "'hacked' in window",
        "elements": "document.querySelectorAll('img, b, iframe').length",
        "shown": "document.body.textContent.includes('<img src=x onerror=hacked=1>')",
    });
    let list = |list: &str| json!({"width": 1440, "height": 900, "fragment": format!("#by=week&list={list}"), "read": read});
    let seen = browser.look(&file, &["deployments", "time-to-restore", "rework-rate"].map(list));
    assert_quiet(&seen);
    for seen in seen {
        assert_eq!(
            (&seen.read["hacked"], &seen.read["elements"], &seen.read["shown"]),
            (&json!(false), &json!(0), &json!(true))
        );
    }
}

/// 13 months of 150 repositories: it is there, and another choice is shown, before anybody waits.
#[test]
fn large_page() {
    let Some(browser) = outside::or_skip("large_page", Browser::find()) else { return };
    let data = made_up::large();
    let file = written("large.html", &data);
    let size = fs::metadata(&file).unwrap().len();
    let read = json!({
        "loaded": "performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd",
        "chosen": "(() => { const from = performance.now(); state = { ...state, unit: 30, length: 2, list: 0 }; show(false); return performance.now() - from; })()",
        "rows": "document.querySelectorAll('#facts-list tbody tr').length",
    });
    let seen = browser.look(
        &file,
        &[json!({"width": 1440, "height": 900, "fragment": "#by=month&list=deployments", "read": read})],
    );
    assert_quiet(&seen);
    let milliseconds = |name: &str| seen[0].read[name].as_f64().unwrap();
    println!("{size} bytes, loaded in {} ms, shown in {} ms", milliseconds("loaded"), milliseconds("chosen"));
    assert!(size < 20_000_000, "{size}");
    assert!(milliseconds("loaded") < 3000.0 && milliseconds("chosen") < 500.0, "{seen:?}");
    assert!((1..=100).contains(&seen[0].read["rows"].as_u64().unwrap()));
}
