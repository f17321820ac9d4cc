"use strict";
// Chooses and shows: every figure, verdict and scale is computed before. Texts come from anybody and are only ever text.

const data = JSON.parse(document.getElementById("data").textContent);
const LENGTHS = ["day", "week", "month"];
const LISTS = ["deployments", "lead-time", "failure-rate", "time-to-restore", "rework-rate"];
const ROWS = 100;
const KIND = Object.fromEntries(data.kinds.map((name, number) => [name, number]));
const word = number => (number < 0 ? "" : data.words[number]);
const $ = id => document.getElementById(id);

// Elements.

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes ?? {})) if (value !== false) element.setAttribute(name, value);
  element.append(...children.filter(child => child !== null && child !== ""));
  return element;
}
const el = (name, attributes, ...children) => fill(document.createElement(name), attributes, children);
const svg = (name, attributes, ...children) =>
  fill(document.createElementNS("http://www.w3.org/2000/svg", name), attributes, children);

// The state, which is in the address: a link restores it, and Back works.

const unitName = unit => (unit.kind === "all" ? "all" : `${unit.kind}:${word(unit.name)}`);
const unitTitle = unit => ({ all: "all repositories", team: `team ${word(unit.name)}` })[unit.kind] ?? word(unit.name);
const unitIndex = new Map(data.units.map((unit, index) => [unitName(unit), index]));

/** The running period, or the one before it where nothing has happened in it yet. */
function opened(length) {
  const last = data.periods[length].length - 1;
  const nothing = data.figures[0][length].every(([, cells]) => !Array.isArray(cells[last]) || cells[last][1] === 0);
  return nothing && last > 0 ? last - 1 : last;
}

function read() {
  const asked = new URLSearchParams(location.hash.slice(1));
  const length = LENGTHS.includes(asked.get("by")) ? LENGTHS.indexOf(asked.get("by")) : 1;
  const period = data.periods[length].findIndex(({ label }) => label === asked.get("period"));
  return {
    unit: unitIndex.get(asked.get("unit")) ?? 0,
    length,
    period: period < 0 ? opened(length) : period,
    list: LISTS.indexOf(asked.get("list")),
  };
}

/** The address of the state with some changes. */
function address(changes) {
  const to = { ...state, ...changes };
  const parts = {};
  if (to.unit > 0) parts.unit = unitName(data.units[to.unit]);
  parts.by = LENGTHS[to.length];
  parts.period = data.periods[to.length][to.period].label;
  if (to.list >= 0) parts.list = LISTS[to.list];
  return `#${new URLSearchParams(parts)}`;
}
const go = changes => { location.hash = address(changes); };

// Words.

const digits = value => {
  const size = Math.abs(value);
  return Number.isInteger(value) || size >= 100 ? value.toFixed(0) : value.toFixed(size >= 10 ? 1 : 2);
};
const unitOf = (metric, value) => (metric.unit === "%" ? " %" : metric.unit ? ` ${metric.unit}` : value === 1 ? " deployment" : " deployments");
const figure = (metric, value) => (value === null ? "no data" : digits(value * metric.factor) + unitOf(metric, value));
const count = (n, of) => (n === 1 ? `1 ${of.replace(/s\b/g, "")}` : `${n} ${of}`);
const day = seconds => new Date(seconds * 1000).toISOString().slice(0, 10);
const minute = seconds => new Date(seconds * 1000).toISOString().slice(0, 16).replace("T", " ");
function length(seconds) {
  const hours = seconds / 3600;
  return hours < 1 ? `${digits(seconds / 60)} min` : hours < 48 ? `${digits(hours)} h` : `${digits(hours / 24)} days`;
}
/** A cell: value, n, what is beside it, verdict. */
const cell = (unit, by, metric, period) => {
  const [value, n, beside, verdict] = data.figures[unit][by][metric][1][period] || [metric === 0 ? 0 : null, 0, 0, 0];
  return { value, n, beside, verdict };
};
const VERDICTS = ["", "better", "worse", "", ""];

function change(metric, { verdict }, before, by) {
  const than = `the ${LENGTHS[by]} before${before ? ` (${figure(metric, before.value)})` : ""}`;
  return [data.periods[by][state.period].finished ? `No comparison with ${than}` : `Not compared: the ${LENGTHS[by]} is not over`, `\u25b2 Better than ${than}`, `\u25bc Worse than ${than}`,
    `Not distinguishable from ${than}`, `Too few values to compare with ${than}`][verdict];
}

// Tables, a page of rows at a time.

function table(title, columns, rows, cells) {
  const body = el("tbody");
  const head = columns.map(column => el("th", { scope: "col" }, column));
  const whole = el("table", null, el("caption", null, title), el("thead", null, el("tr", null, ...head)), body);
  const scroll = el("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": title }, whole);
  const pages = Math.ceil(rows.length / ROWS);
  const place = el("span", { role: "status" });
  const step = (name, by) => {
    const button = el("button", { type: "button" }, name);
    button.addEventListener("click", () => { show(page + by); scroll.scrollTop = 0; });
    return button;
  };
  let page = 0;
  const [newer, older] = [step("Previous", -1), step("Next", 1)];
  const pager = el("div", { class: "pager" }, newer, place, older);
  function show(to) {
    page = to;
    const shown = rows.slice(page * ROWS, (page + 1) * ROWS);
    body.replaceChildren(...shown.map(row => {
      const [first, ...rest] = cells(row).map(content => (content instanceof Array ? content : [content]));
      return el("tr", null, el("th", { scope: "row" }, ...first), ...rest.map(([content, name]) =>
        el("td", { class: name ?? false }, content)));
    }));
    place.textContent = `${page * ROWS + 1} to ${page * ROWS + shown.length} of ${rows.length}`;
    newer.disabled = page === 0;
    older.disabled = page + 1 >= pages;
  }
  show(0);
  return pages > 1 ? [scroll, pager] : [scroll];
}
const nothing = text => [el("p", { class: "nothing" }, text)];

// Facts: columns, the newest first; those of a time and a unit are found when they are asked for.

const facts = data.facts;
const times = [];
facts.time.forEach((delta, index) => times.push(index ? times[index - 1] - delta : delta));
const index = (kind, key) => {
  let map = null;
  return value => {
    if (!map) {
      map = new Map();
      facts.kind.forEach((other, fact) => { if (other === kind && facts.counts[fact]) map.set(facts[key][fact], fact); });
    }
    return map.get(value);
  };
};
const failureOf = index(KIND.failure, "deployment");
const leadTimeOf = index(KIND.leadTime, "deployment");
const restoreOf = index(KIND.restore, "incident");
const owned = data.units.map(({ repositories }) => repositories && new Set(repositories));
const isOf = (unit, repository) => !owned[unit] || owned[unit].has(repository);
const within = time => {
  const { start, end } = data.periods[state.length][state.period];
  return start <= time && time < end;
};

function chosen(is) {
  const found = [];
  times.forEach((time, fact) => {
    if (within(time) && facts.counts[fact] && isOf(state.unit, facts.repository[fact]) && is(facts.kind[fact], fact)) found.push(fact);
  });
  return found;
}

/** A link to a console or to GitHub: an address with {} for what it is about. */
const outside = (address, id, text, title = false) => el("a", { href: address.replace("{}", () => id), rel: "noreferrer", title }, text);
const gitHub = new Map(data.gitHub.map(([repository, ...addresses]) => [repository, addresses.map(word)]));

function deployment(number) {
  if (number < 0) return "";
  const [account, region, pipeline, id, address] = data.deployments.names[number].map(word);
  const title = `account ${account}, ${region}`;
  return address ? outside(address, id, `${pipeline} ${id}`, title) : el("span", { title }, `${pipeline} ${id}`);
}
function evidence(fact) {
  const failure = facts.kind[fact] === KIND.deployment ? failureOf(facts.deployment[fact]) : undefined;
  const text = word(facts.evidence[fact]) + (failure === undefined ? "" : `; failed: ${word(facts.evidence[failure])}`);
  const revision = word(facts.revision[fact]);
  const [commit, pullRequests] = gitHub.get(facts.repository[fact]) ?? [];
  if (!revision || !commit) return [text, "text"];
  const links = [outside(commit, revision, "commit"), ", ", outside(pullRequests, revision, "pull requests")];
  return [el("span", null, text, " (", ...links, ")"), "text"];
}
const repository = number => [number < 0 ? el("span", { class: "nothing" }, "none") : word(number), "name"];
const common = fact => [minute(times[fact]), repository(facts.repository[fact]), [deployment(facts.deployment[fact]), "name"]];

function result(fact) {
  if (facts.kind[fact] === KIND.rollback) return "rollback";
  const failed = failureOf(facts.deployment[fact]) !== undefined;
  return failed ? el("span", { class: "worse" }, "failed") : "succeeded";
}
function leadTime(fact) {
  const of = leadTimeOf(facts.deployment[fact]);
  return of === undefined || facts.seconds[of] === null ? el("span", { class: "nothing" }, "none") : length(facts.seconds[of]);
}

const MADE_OF = [
  { is: kind => kind === KIND.deployment, columns: ["Result", "Lead time"], cells: fact => [result(fact), leadTime(fact)] },
  { is: (kind, fact) => kind === KIND.leadTime && facts.seconds[fact] !== null, columns: ["Lead time", "Where it went"],
    cells: fact => [length(facts.seconds[fact]), longest(fact)] },
  { is: kind => kind === KIND.deployment, columns: ["Result"], cells: fact => [result(fact)] },
  { is: (kind, fact) => kind === KIND.restore && facts.seconds[fact] !== null, columns: ["Incident", "Restored after"],
    cells: fact => [word(facts.incident[fact]), length(facts.seconds[fact])] },
  { is: kind => kind === KIND.deployment || kind === KIND.rollback, columns: ["Result", "Rework"],
    cells: fact => [result(fact), facts.rework[fact] || facts.kind[fact] === KIND.rollback ? "rework" : "no"] },
];

function showFacts(move) {
  const open = state.list >= 0;
  $("facts").hidden = !open;
  if (!open) return;
  const { is, columns, cells } = MADE_OF[state.list];
  const rows = chosen(is);
  const title = `${data.metrics[state.list].title}: ${count(rows.length, data.metrics[state.list].of)} of ${where()}`;
  $("facts-title").textContent = title;
  $("close").setAttribute("href", address({ list: -1 }));
  $("facts-list").replaceChildren(...(rows.length ? table(title, ["Time, UTC", "Repository", "Deployment", ...columns, "Evidence"], rows,
    fact => [...common(fact), ...cells(fact), evidence(fact)]) : nothing("Nothing happened.")));
  if (move) $("facts-title").focus();
}

// The overview.

function spark(metric) {
  const [log, cells] = data.figures[state.unit][1][metric];
  const all = cells.map((_, period) => cell(state.unit, 1, metric, period));
  // A week in which nothing has happened yet is no fall.
  const values = all.slice(0, opened(1) + 1).map(({ value }) => value);
  const y = scale(values, log, 40, 4);
  const x = index => 4 + (index * 192) / (values.length - 1);
  const points = values.map((value, index) => (value === null ? null : [x(index), y.of(value)]));
  const drawn = svg("svg", { viewBox: "0 0 200 44", height: 44, preserveAspectRatio: "none", "aria-hidden": "true" },
    ...lines(points), ...points.slice(-1).filter(Boolean).map(([cx, cy]) => svg("circle", { cx, cy, r: 3, class: "dot" })));
  return el("p", { class: "spark n" }, drawn, `last ${values.length} weeks`);
}

function card(metric, number) {
  const now = cell(state.unit, state.length, number, state.period);
  const before = state.period > 0 ? cell(state.unit, state.length, number, state.period - 1) : null;
  const value = now.value === null ? el("span", { class: "nothing" }, "no data")
    : el("a", { href: address({ list: number }), "aria-label": `${metric.title}: ${figure(metric, now.value)}, show what it is made of` },
      digits(now.value * metric.factor), el("small", null, unitOf(metric, now.value)));
  const beside = metric.beside === "mean" ? `median of ${count(now.n, metric.of)}, mean ${figure(metric, now.beside)}`
    : metric.beside ? `${now.beside} ${metric.beside} of ${count(now.n, metric.of)}` : "in this period";
  const text = change(metric, now, before, state.length);
  return el("article", { class: "card", "aria-label": metric.title },
    el("h3", null, metric.title), el("p", { class: "value" }, value),
    el("p", { class: "n" }, now.value === null ? metric.sentence : beside),
    el("p", { class: VERDICTS[now.verdict] || "n" }, text),
    spark(number));
}

// Charts.

/** Where a value lies, and the values to be written beside the axis. */
function scale(values, log, height, top) {
  const known = values.filter(value => value !== null && (!log || value > 0));
  const largest = Math.max(...known, 0) || 1;
  const place = share => top + (1 - share) * (height - top);
  if (log) {
    const from = Math.floor(Math.log10(Math.min(...known)));
    const to = Math.max(Math.ceil(Math.log10(largest)), from + 1);
    const ticks = Array.from({ length: to - from + 1 }, (_, step) => 10 ** (from + step));
    return { of: value => place(value > 0 ? (Math.log10(value) - from) / (to - from) : 0), ticks };
  }
  const rough = largest / 3;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map(times => times * power).find(step => step >= rough);
  const steps = Math.ceil(largest / step);
  return { of: value => place(value / (steps * step)), ticks: Array.from({ length: steps + 1 }, (_, number) => number * step) };
}

/** Lines between points, which are interrupted where there is none. */
function lines(points) {
  let path = "";
  points.forEach((point, index) => { if (point) path += `${points[index - 1] ? "L" : "M"}${point[0]} ${point[1]}`; });
  return path ? [svg("path", { d: path, class: "line", "vector-effect": "non-scaling-stroke" })] : [];
}

const shortLabel = label => (state.length === 2 ? label : label.slice(5));
const star = period => (period.finished ? "" : " *");

/** The lines and labels of a chart by periods, the width of a period, and its middle. */
function frame(y, height, width) {
  const periods = data.periods[state.length];
  const [left, right] = [44, 6];
  const wide = (width - left - right) / periods.length;
  const middle = index => left + (index + 0.5) * wide;
  const every = Math.ceil(62 / wide);
  const grid = y.ticks.flatMap(tick => [
    svg("line", { x1: left, x2: width - right, y1: y.of(tick), y2: y.of(tick), class: "grid" }),
    svg("text", { x: left - 6, y: y.of(tick) + 4, "text-anchor": "end" }, `${Number(tick.toPrecision(3))}`),
  ]);
  const labels = periods.flatMap((period, index) => ((periods.length - 1 - index) % every ? []
    : [svg("text", { x: middle(index), y: height + 18, "text-anchor": "middle" }, shortLabel(period.label) + star(period))]));
  return { left, wide, middle, drawn: [...grid, ...labels] };
}

function drawing(metric, number, width, readout) {
  const periods = data.periods[state.length];
  const cells = periods.map((_, period) => cell(state.unit, state.length, number, period));
  const [log] = data.figures[state.unit][state.length][number];
  const height = 150;
  const shown = cells.map(({ value }) => (value === null ? null : value * metric.factor));
  const y = scale(shown, log, height, 8);
  const { left, wide, middle, drawn } = frame(y, height, width);
  const points = shown.map((value, index) => (value === null ? null : [middle(index), y.of(value)]));
  const asLine = metric.beside === "mean";
  const marks = periods.map((period, index) => {
    if (!points[index]) return null;
    const [cx, cy] = points[index];
    const running = period.finished ? "" : " running";
    return asLine ? svg("circle", { cx, cy, r: 4.5, class: `dot${running}` })
      : svg("rect", { x: cx - wide * 0.34, y: cy, width: wide * 0.68, height: Math.max(y.of(y.ticks[0]) - cy, 0), class: `bar${running}` });
  });
  const links = periods.map((period, index) => {
    const { value, n } = cells[index];
    const text = `${period.label}${period.finished ? "" : ", not over"}: ${figure(metric, value)}${number && value !== null ? `, n = ${n}` : ""}`;
    const link = svg("a", { href: address({ period: index, list: number }), "aria-label": text,
      tabindex: index === state.period ? 0 : -1, class: index === state.period ? "chosen" : false },
    svg("rect", { x: left + index * wide, y: 0, width: wide, height: height + 24, class: "hit" }), marks[index]);
    const tell = () => { readout.textContent = text; };
    link.addEventListener("focus", tell);
    link.addEventListener("pointerenter", tell);
    return link;
  });
  links.forEach((link, index) => link.addEventListener("keydown", event => {
    const to = { ArrowLeft: index - 1, ArrowRight: index + 1, Home: 0, End: links.length - 1 }[event.key];
    if (!links[to]) return;
    event.preventDefault();
    links.forEach(other => other.setAttribute("tabindex", -1));
    links[to].setAttribute("tabindex", 0);
    links[to].focus();
  }));
  return svg("svg", { width, height: height + 26, viewBox: `0 0 ${width} ${height + 26}`, role: "group",
    "aria-label": `${metric.title}, ${LENGTHS[state.length]} by ${LENGTHS[state.length]}; arrow keys go from one to the next` },
  ...drawn, ...(asLine ? lines(points) : []), ...links);
}

function chart(metric, number) {
  const [log] = data.figures[state.unit][state.length][number];
  const unit = metric.unit || "deployments";
  const title = metric.beside === "mean" ? `${metric.title}, median ${unit}` : `${metric.title}, ${unit}`;
  const readout = el("p", { class: "readout", "aria-hidden": "true" });
  const readoutOf = cell(state.unit, state.length, number, state.period);
  readout.textContent = `${data.periods[state.length][state.period].label}: ${figure(metric, readoutOf.value)}`;
  const place = el("div", null);
  const rows = data.periods[state.length].map((period, index) => ({ period, ...cell(state.unit, state.length, number, index) })).reverse();
  const behind = el("details", null, el("summary", null, "Table"));
  const beside = metric.beside === "mean" ? ["Median", "Mean"] : [metric.unit ? "Rate" : "Number"];
  // It is made when it is looked at.
  behind.addEventListener("toggle", () => behind.childElementCount > 1 || behind.append(...table(title,
    ["Period", ...beside, ...(number ? ["n"] : []), "Change"], rows, ({ period, value, n, beside: mean, verdict }) => [
      period.label + star(period), figure(metric, value), ...(metric.beside === "mean" ? [figure(metric, n ? mean : null)] : []),
      ...(number ? [`${n}`] : []), ["", "better", "worse", "not distinguishable", "too few values"][verdict]])));
  const whole = el("article", { class: "chart", "aria-label": title }, el("h3", null, title),
    log ? el("p", { class: "hint" }, "One value is more than 20 times the median: each line stands for 10 times the one below.") : null,
    place, readout, behind);
  return { whole, draw: () => place.replaceChildren(drawing(metric, number, Math.max(place.clientWidth, 240), readout)) };
}
let charts = [];

// Where the time goes: of lead times whose parts are known.

const median = ascending => {
  const middle = (ascending.length - 1) / 2;
  return (ascending[Math.floor(middle)] + ascending[Math.ceil(middle)]) / 2;
};

/** The values of each part in each period, and how many lead times each has. */
function partsByPeriod() {
  const periods = data.periods[state.length];
  const all = periods.map(() => ({ n: 0, values: data.parts.map(() => []) }));
  times.forEach((time, fact) => {
    const parts = facts.parts[fact];
    if (!parts || !facts.counts[fact] || !isOf(state.unit, facts.repository[fact])) return;
    const of = all[periods.findIndex(({ start, end }) => start <= time && time < end)];
    if (!of) return;
    of.n += 1;
    parts.forEach((seconds, part) => { if (seconds > 0) of.values[part].push(seconds); });
  });
  return all.map(({ n, values }) => values.map(own => {
    own.sort((one, other) => one - other);
    const sum = own.reduce((all, seconds) => all + seconds, 0);
    return { n: own.length, mean: n ? sum / n : 0, median: own.length ? median(own) : null };
  }));
}
const total = parts => parts.reduce((all, { mean }) => all + mean, 0);

function stacks(all, width) {
  const periods = data.periods[state.length];
  const height = 150;
  const days = parts => total(parts) / 86400;
  const y = scale(all.map(days), false, height, 8);
  const { left, wide, drawn } = frame(y, height, width);
  const columns = periods.map((period, index) => {
    let below = 0;
    const marks = all[index].map(({ mean }, part) => {
      const [from, to] = [below, below + mean / 86400];
      below = to;
      return mean ? svg("rect", { x: left + index * wide + wide * 0.16, width: wide * 0.68, y: y.of(to), height: y.of(from) - y.of(to), class: `part-${part}` }) : null;
    });
    const mean = total(all[index]);
    return svg("a", { href: address({ period: index }), "aria-label": `${period.label}: ${mean ? `mean ${length(mean)}` : "no data"}`,
      tabindex: index === state.period ? 0 : -1, class: index === state.period ? "chosen" : false },
    svg("rect", { x: left + index * wide, y: 0, width: wide, height: height + 24, class: "hit" }), ...marks);
  });
  return svg("svg", { width, height: height + 26, viewBox: `0 0 ${width} ${height + 26}`, role: "group", "aria-label": "Mean lead time in days, by its parts" },
    ...drawn, ...columns);
}

let drawParts = () => {};
function showParts() {
  const all = partsByPeriod();
  const now = all[state.period];
  const whole = total(now);
  const rows = now.map((part, number) => ({ ...part, number }));
  const place = el("div", null);
  const swatch = number => svg("svg", { class: "swatch", width: 12, height: 12, "aria-hidden": "true" }, svg("rect", { width: 12, height: 12, class: `part-${number}` }));
  const title = `Where the time goes: ${where()}`;
  $("parts-list").replaceChildren(...(all.some(parts => total(parts) > 0) ? [
    el("article", { class: "chart", "aria-label": "Mean lead time, days" }, el("h3", null, "Mean lead time, days"), place),
    ...(whole ? table(title, ["Part", "Mean", "Share", "Median of those that have it", "n", "What it is"], rows, ({ number, mean, median: middle, n }) => [
      [el("span", null, swatch(number), ` ${data.parts[number][0]}`)], length(mean), `${digits(Number((mean / whole * 100).toFixed(1)))} %`,
      middle === null ? el("span", { class: "nothing" }, "no data") : length(middle), `${n}`, [data.parts[number][1], "text"]])
      : nothing(`No lead time of ${where()}.`))] : nothing("No parts of lead times are known.")));
  drawParts = () => { if (place.isConnected) place.replaceChildren(stacks(all, Math.max(place.clientWidth, 240))); };
  drawParts();
}
/** What most of a lead time went into. */
function longest(fact) {
  const parts = (facts.parts[fact] || []).map((seconds, part) => [seconds, part]).filter(([seconds]) => seconds > 0);
  const three = parts.sort(([one], [other]) => other - one).slice(0, 3);
  return [three.map(([seconds, part]) => `${data.parts[part][0].toLowerCase()} ${length(seconds)}`).join(", "), "name"];
}

// Failures, incidents, what is left out.

function showFailures() {
  const failures = chosen(kind => kind === KIND.failure);
  const byDeployment = Map.groupBy(data.incidents, incident => incident.deployment);
  const repair = fact => {
    const incidents = byDeployment.get(facts.deployment[fact]) ?? [];
    const texts = incidents.map(({ id, open }) => {
      const restore = restoreOf(id);
      if (open || restore === undefined) return `${word(id)}: open`;
      const after = facts.seconds[restore] === null ? "" : ` after ${length(facts.seconds[restore])}`;
      return `${word(id)}: restored${after}, ${word(facts.evidence[restore])}`;
    });
    return [texts.join("; ") || "the rollback", "text"];
  };
  $("failures-list").replaceChildren(...(failures.length ? table("What failed, and what repaired it",
    ["Deployed, UTC", "Repository", "Deployment", "Why it failed", "What repaired it"], failures,
    fact => [...common(fact), evidence(fact), repair(fact)]) : nothing(`No deployment of ${where()} failed.`)));
}

const incidentName = ({ id, link }) => (link < 0 ? word(id) : outside(word(link), "", word(id)));

function showIncidents() {
  const inUnit = data.incidents.filter(({ repository }) => isOf(state.unit, repository));
  const open = inUnit.filter(incident => incident.open && incident.deployment >= 0);
  const rows = inUnit.filter(({ time, open, deployment }) => within(time) || (open && deployment >= 0));
  const restored = ({ id, open }) => {
    const restore = restoreOf(id);
    if (open || restore === undefined) return el("span", { class: "worse" }, "open");
    return facts.seconds[restore] === null ? "restored" : length(facts.seconds[restore]);
  };
  $("incidents-list").replaceChildren(...(rows.length ? [
    el("p", { class: "hint" }, `${rows.length} incidents of this period, or still open; ${open.length} open.`),
    ...table("Incidents", ["Created, UTC", "Incident", "Repository", "Blamed deployment", "Restored after", "Evidence"], rows,
      incident => [minute(incident.time), incidentName(incident), repository(incident.repository),
        [deployment(incident.deployment), "name"], restored(incident), [word(incident.evidence), "text"]])]
    : nothing(`No incident of ${where()}.`)));
}

function showLeftOut() {
  const groups = data.leftOut.map(({ title, rows }) =>
    ({ title, rows: rows.filter(([time, repository]) => within(time) && isOf(state.unit, repository)) }));
  const shown = groups.filter(({ rows }) => rows.length).map(({ title, rows }) => {
    const details = el("details", null, el("summary", null, `${title}: ${rows.length}`));
    details.addEventListener("toggle", () => details.childElementCount > 1 || details.append(...table(title,
      ["Time, UTC", "Repository", "What", "Why"], rows,
      ([time, of, what, why]) => [minute(time), repository(of), [word(what), "name"], [word(why), "text"]])));
    return details;
  });
  $("left-out-list").replaceChildren(...(shown.length ? shown : nothing(`Everything of ${where()} is in the figures.`)));
}

// Repositories: what needs attention first.

const openOf = new Map();
for (const { open, repository } of data.incidents) {
  if (open && repository >= 0) openOf.set(repository, (openOf.get(repository) ?? 0) + 1);
}
function showRepositories() {
  const asked = $("search").value.trim().toLowerCase();
  const rows = [];
  data.units.forEach(({ kind, name }, unit) => {
    if (kind !== "repository" || !isOf(state.unit, name) || !word(name).toLowerCase().includes(asked)) return;
    const cells = data.metrics.map((_, metric) => cell(unit, state.length, metric, state.period));
    const worse = data.metrics.filter((_, metric) => VERDICTS[cells[metric].verdict] === "worse").map(({ title }) => title.toLowerCase());
    rows.push({ unit, name, cells, worse, open: openOf.get(name) ?? 0 });
  });
  // A stable sort keeps the order of names; how much there is of either is no rank.
  rows.sort((a, b) => (b.open > 0) - (a.open > 0) || (b.worse.length > 0) - (a.worse.length > 0));
  const attention = ({ open, worse }) => {
    const texts = [open ? `${open} open incident${open > 1 ? "s" : ""}` : "", worse.length ? `worse: ${worse.join(", ")}` : ""].filter(Boolean);
    return [texts.length ? el("span", { class: "worse" }, texts.join("; ")) : "", "name"];
  };
  const value = (metric, { value }) => (value === null ? el("span", { class: "nothing" }, "no data") : metric.unit ? figure(metric, value) : digits(value));
  $("repositories-list").replaceChildren(...(rows.length ? table(`Repositories of ${where()}`,
    ["Repository", "Needs attention", ...data.metrics.map(({ title }) => title)], rows, row => [
      [el("a", { href: address({ unit: row.unit, list: -1 }) }, word(row.name))], attention(row),
      ...row.cells.map((one, metric) => value(data.metrics[metric], one))]) : nothing("No repository is called so.")));
}

// Filters.

let state = read();
const where = () => `${unitTitle(data.units[state.unit])}, ${LENGTHS[state.length]} ${data.periods[state.length][state.period].label}`;

function fillUnits() {
  const option = (unit, index) => el("option", { value: index }, unitTitle(unit));
  const group = (label, kind) => {
    const options = data.units.map((unit, index) => (unit.kind === kind ? option(unit, index) : null)).filter(Boolean);
    return options.length ? el("optgroup", { label }, ...options) : null;
  };
  fill($("unit"), null, [option(data.units[0], 0), group("Teams", "team"), group("Repositories", "repository")]);
}

function showFilters() {
  $("unit").value = state.unit;
  document.querySelector(`[name=by][value=${LENGTHS[state.length]}]`).checked = true;
  const periods = data.periods[state.length].map((period, index) => el("option", { value: index }, period.label + star(period)));
  $("period").replaceChildren(...periods.reverse());
  $("period").value = state.period;
  $("period-name").textContent = { day: "Day", week: "Week", month: "Month" }[LENGTHS[state.length]];
  $("earlier").disabled = state.period === 0;
  $("later").disabled = state.period === periods.length - 1;
}

function show(move) {
  showFilters();
  $("overview-title").textContent = `How are we doing: ${where()}`;
  $("cards").replaceChildren(...data.metrics.map(card));
  charts = data.metrics.map(chart);
  $("charts").replaceChildren(...charts.map(({ whole }) => whole));
  charts.forEach(({ draw }) => draw());
  showFacts(move);
  showParts();
  showFailures();
  showIncidents();
  showRepositories();
  showLeftOut();
  const { start, end, finished } = data.periods[state.length][state.period];
  $("status").textContent = `Shown is ${where()}: from ${day(start)} until before ${day(end)}, UTC${finished ? "" : "; it is not over"}.`;
}

fillUnits();
$("filters").addEventListener("submit", event => event.preventDefault());
$("unit").addEventListener("change", event => go({ unit: Number(event.target.value) }));
$("period").addEventListener("change", event => go({ period: Number(event.target.value) }));
for (const radio of document.querySelectorAll("[name=by]")) {
  radio.addEventListener("change", () => {
    const length = LENGTHS.indexOf(radio.value);
    go({ length, period: opened(length) });
  });
}
$("earlier").addEventListener("click", () => go({ period: state.period - 1 }));
$("later").addEventListener("click", () => go({ period: state.period + 1 }));
$("search").addEventListener("input", showRepositories);
addEventListener("hashchange", () => {
  const old = state;
  state = read();
  show(state.list >= 0 && (state.list !== old.list || state.period !== old.period));
});
addEventListener("resize", () => { charts.forEach(({ draw }) => draw()); drawParts(); });
show(false);
