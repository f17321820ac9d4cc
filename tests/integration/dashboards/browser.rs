//! The page in a real browser: Chromium, without a window.

use crate::outside::Outside;
use serde_json::Value;
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// Measures the page as it is laid out, and writes what is wrong to its end.
const MEASURE: &str = r#"<script>
const problems = [];
const box = element => element.getBoundingClientRect();
for (const section of document.querySelectorAll("section")) {
  const widgets = [...section.querySelectorAll("article")];
  for (const widget of widgets) {
    const name = `${section.id}, ${widget.getAttribute("aria-label")}`;
    const { width, height } = box(widget);
    if (width < 150 || height < 40) problems.push(`${name} is ${width} x ${height}`);
    if (widget.scrollWidth > widget.clientWidth) problems.push(`${name} is too narrow for what it shows`);
    for (const number of widget.querySelectorAll("dd, td, text")) {
      if (!number.checkVisibility || number.closest("details")) continue;
      if (number.textContent.trim() && box(number).width === 0) problems.push(`${name} hides a number`);
    }
  }
  for (const [index, one] of widgets.entries()) for (const other of widgets.slice(index + 1)) {
    const [a, b] = [box(one), box(other)];
    if (a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom)
      problems.push(`${one.getAttribute("aria-label")} and ${other.getAttribute("aria-label")} overlap`);
  }
}
if (document.documentElement.scrollWidth > innerWidth) problems.push("the page is wider than the window");
document.body.insertAdjacentHTML("beforeend", "<pre id=problems></pre>");
document.getElementById("problems").textContent = problems.join("\n");
</script>"#;

/// Chromium, or what to install.
pub(super) fn find() -> Outside<PathBuf> {
    let names = ["chromium", "chromium-browser", "google-chrome"];
    let runs = |name: &&str| {
        Command::new(name).arg("--version").output().is_ok_and(|output| output.status.success())
    };
    let name = names.into_iter().find(runs);
    name.map(PathBuf::from).ok_or_else(|| "no Chromium is here; install Debian's package chromium".to_owned())
}

/// What a browser says of a page: its elements as they are in the end, and what it wrote to the console.
struct Seen {
    elements: String,
    console: Vec<String>,
}

fn open(browser: &Path, page: &Path, width: u32, more: &[String]) -> Seen {
    let profile = tempfile::tempdir().unwrap();
    let output = Command::new(browser)
        .args([
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--hide-scrollbars",
            "--enable-logging=stderr",
        ])
        .arg(format!("--user-data-dir={}", profile.path().display()))
        .arg(format!("--window-size={width},5400"))
        .args(more)
        .arg(format!("file://{}", page.display()))
        .output()
        .unwrap();
    let log = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{log}");
    let console = log.lines().filter(|line| line.contains(":CONSOLE")).map(str::to_owned).collect();
    Seen { elements: String::from_utf8(output.stdout).unwrap(), console }
}

/// Every widget is there, nothing overlaps, the console is empty; a screenshot is written to `target/`.
pub(super) fn check(browser: &Path, documents: &super::Documents, page: &str) {
    let target = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/dashboards");
    fs::create_dir_all(&target).unwrap();
    let target = target.canonicalize().unwrap();
    let write = |name: &str, text: &str| {
        let file = target.join(name);
        fs::write(&file, text).unwrap();
        file
    };
    let plain = write("page.html", page);
    let screenshot = target.join("page.png");
    let seen = open(browser, &plain, 1440, &[format!("--screenshot={}", screenshot.display())]);
    assert_eq!(seen.console, Vec::<String>::new());
    assert!(fs::metadata(&screenshot).unwrap().len() > 100_000, "{}", screenshot.display());

    let measured = write("measured.html", &page.replace("</body>", &format!("{MEASURE}</body>")));
    for width in [1440, 800, 500] {
        let seen = open(browser, &measured, width, &["--dump-dom".to_owned()]);
        let problems = seen.elements.split_once("<pre id=\"problems\">").unwrap().1;
        let problems = problems.split_once("</pre>").unwrap().0;
        assert_eq!(problems, "", "at a width of {width}");
        for (name, document) in documents {
            let section = seen.elements.split_once(&format!("<section id=\"{name}\"")).unwrap().1;
            let section = section.split_once("</section>").unwrap().0;
            let widgets: Vec<&Value> = document["widgets"].as_array().unwrap().iter().collect();
            let shown = section.matches("<article").count() + section.matches("<div class=\"text\"").count();
            assert_eq!(shown, widgets.len(), "{name}");
            for title in widgets.iter().filter_map(|widget| widget["properties"]["title"].as_str()) {
                assert!(section.contains(&format!("aria-label=\"{title}\"")), "{name}, {title}");
            }
            let charts = widgets.iter().filter(|widget| widget["properties"]["view"] == "timeSeries").count();
            assert_eq!(section.matches("<figure").count(), charts, "{name}");
        }
    }

    // The console is looked at: an error on it would be seen.
    let faulty = write("faulty.html", "<!doctype html><script>console.error('seen')</script>");
    assert_eq!(open(browser, &faulty, 800, &["--dump-dom".to_owned()]).console.len(), 1);
    fs::remove_file(faulty).unwrap();
    fs::remove_file(measured).unwrap();
}
