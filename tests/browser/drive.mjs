// Opens a page in Chromium and does with it what a person would. A task is on standard input, what was seen on standard output:
// {browser, page, views: [{width, height, scheme, media, fragment, steps, screenshot, of, pdf, axe, read}]}
//   steps: [{focus}, {click}, {select, value}, {type, text}, {press}, {back: true}], read: {name: expression}
// -> [{console, fetched, hash, axe, read}]
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";

const packages = createRequire(`${process.argv[2]}/`);
const puppeteer = packages("puppeteer-core");
const axe = readFileSync(packages.resolve("axe-core/axe.min.js"), "utf8");
const task = JSON.parse(readFileSync(0, "utf8"));
const browser = await puppeteer.launch({ executablePath: task.browser, args: ["--no-sandbox", "--disable-gpu"] });

async function step(page, { focus, click, select, value, type, text, press, back }) {
  if (focus) await page.$eval(focus, element => element.focus()); // SVG too
  if (click) await page.click(click);
  if (select) await page.select(select, value);
  if (type) await page.type(type, text);
  if (press) await page.keyboard.press(press);
  if (back) await page.evaluate(() => new Promise(done => { addEventListener("hashchange", done, { once: true }); history.back(); }));
}

async function look({ width, height, scheme = "light", media, fragment = "", steps = [], screenshot, of, pdf, axe: rules, read = {} }) {
  const page = await browser.newPage();
  const seen = { console: [], fetched: [], read: {} };
  page.on("console", message => seen.console.push(message.text()));
  page.on("pageerror", error => seen.console.push(String(error)));
  page.on("request", request => { if (!request.url().startsWith("file:") && !request.url().startsWith("data:")) seen.fetched.push(request.url()); });
  await page.setViewport({ width, height });
  await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
  if (media) await page.emulateMediaType(media);
  await page.goto(`file://${task.page}${fragment}`);
  for (const one of steps) await step(page, one);
  // What a step has led to is drawn.
  await page.evaluate(() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done))));
  for (const [name, expression] of Object.entries(read)) seen.read[name] = await page.evaluate(expression);
  seen.hash = await page.evaluate("location.hash");
  if (screenshot) await (of ? await page.$(of) : page).screenshot({ path: screenshot });
  if (pdf) seen.pages = Buffer.from(await page.pdf({ format: "a4" })).toString("latin1").match(/\/Type\s*\/Page\b/g).length;
  if (rules) {
    await page.evaluate(axe);
    const { violations } = await page.evaluate("axe.run()");
    const grave = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
    seen.axe = grave.map(({ id, nodes }) => `${id}: ${nodes[0].html.slice(0, 200)} ${nodes[0].failureSummary}`);
  }
  await page.close();
  return seen;
}

const all = [];
for (const view of task.views) all.push(await look(view));
await browser.close();
process.stdout.write(JSON.stringify(all));
