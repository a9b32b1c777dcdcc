// @ts-check
/** The page: what comes from the program goes to the parts that show it. */

/** @import { InstanceState } from "../../../state/state.ts" */
/** @import { Order, Row } from "./rows.js" */
/** @import { Series } from "./history.js" */
import { ChannelPanel } from "./channel_panel.js";
import { ChannelTable, orderAfter } from "./channel_table.js";
import { Charts, SERVICE_CHARTS } from "./charts.js";
import { askToken, showKeys } from "./dialogs.js";
import { byId, element, setBadge, setText } from "./elements.js";
import { Failures } from "./failures.js";
import { showFigures } from "./figures.js";
import { duration, plural } from "./format.js";
import { add, emptySeries, lastMinute, pointOf, pointOfChannel } from "./history.js";
import { listenToKeys } from "./keys.js";
import { LogLines } from "./log_lines.js";
import { act, takeTokenOfAddress, useToken } from "./requests.js";
import { filtered, rowsOf, sorted, verdict } from "./rows.js";
import { follow } from "./stream.js";
import { isNarrow, makeTabs, openedTab, openTab } from "./tabs.js";
import { makeTheme } from "./theme.js";
import { Why } from "./why.js";

/** Most channels of which every one has its history kept. */
const REMEMBERED = 200;

const filter = byId("filter", "input"), chooser = byId("service", "select");
/** @type {InstanceState | undefined} */
let state;
/** @type {Order} */
let order = { column: "place", down: false };
/** @type {string | undefined} */
let chosen;
/** @type {string | undefined} */
let only;
let paused = false;
/** By service, and by the keys of channels; all services together have no name. @type {Map<string, Series>} */
const histories = new Map();

takeTokenOfAddress();
makeTabs();
const charts = new Charts(byId("charts", "section"), SERVICE_CHARTS);
const table = new ChannelTable(choose, (column) => {
  order = orderAfter(order, column);
  show();
});
const why = new Why(() => only), log = new LogLines();
const failures = new Failures((id) => {
  openTab("why");
  why.about(id);
});
const panel = new ChannelPanel(async (action) => {
  for (let asked = false;; asked = true) {
    const { ok, text, unlocked } = await act(action);
    if (unlocked) return { ok, text };
    const token = await askToken(
      "Unlock changes",
      asked ? `${text}. Try again.` : "Changes need the token of --web-admin.",
    );
    if (token === undefined) return undefined;
    useToken(token);
  }
});
const nextTheme = makeTheme(() => {
  charts.restyle();
  panel.restyle();
});

filter.addEventListener("input", () => show());
chooser.addEventListener("change", () => {
  only = chooser.value || undefined;
  show();
});

/** Shows the state that came last. */
function show() {
  if (state === undefined) return;
  const services = state.services.filter(({ name }) => only === undefined || name === only);
  const all = rowsOf(state, only),
    found = filtered(all, filter.value),
    held = services.some(({ held }) => held !== undefined),
    status = verdict(all, held);
  const row = all.find(({ key }) => key === chosen);
  setVerdict(status);
  showFigures(services, all);
  table.show(sorted(found, order), order, chosen);
  panel.show(row, histories.get(chosen ?? "") ?? emptySeries());
  failures.count(services);
  charts.show(histories.get(only ?? "") ?? emptySeries());
  setText(
    byId("shown", "span"),
    found.length === all.length ? plural(all.length, "channel") : `${found.length} of ${plural(all.length, "channel")}`,
  );
  const none = byId("none", "p");
  none.hidden = found.length > 0;
  setText(
    none,
    all.length > 0
      ? "No channel matches the filter."
      : state.services.length === 0
      ? "No service runs."
      : "There are no channels yet.",
  );
  const { version, pid, engine, threads, uptime, log: { problem, target, lost } } = state;
  setText(
    byId("process", "span"),
    `${version} · process ${pid} · ${engine}, ${plural(threads, "thread")} · up ${duration(uptime)}`,
  );
  notice(
    problem === null
      ? lost > 0 ? `${plural(lost, "line")} of the log ${lost === 1 ? "is" : "are"} lost` : ""
      : `The log (${target}) cannot be written: ${problem}`,
  );
}

/** @param {import("./channel_status.js").Status} status */
function setVerdict(status) {
  const place = byId("verdict", "span");
  setBadge(place, status);
  const mark = { down: "✖ ", warn: "▲ ", up: "", off: "", draining: "" }[status.look];
  document.title = `${mark}${status.word} – ${only ?? state?.services[0]?.name ?? ""} – balance`;
}

/** @param {string} text */
function notice(text) {
  const place = byId("notice", "p");
  place.hidden = text === "";
  setText(place, text);
}

/** @param {string} key */
function choose(key) {
  chosen = key;
  show();
  table.reveal();
  openTab("channel");
}

/** @param {number} step */
function move(step) {
  const key = table.beside(step);
  if (key === undefined) return;
  chosen = key;
  if (!isNarrow()) openTab("channel");
  show();
  table.reveal();
}

/** @param {InstanceState} next */
function take(next) {
  state = next;
  const now = Math.floor(Date.now() / 1000), { services } = next;
  for (const { name } of [{ name: "" }, ...services]) {
    const some = services.filter((service) => name === "" || service.name === name);
    const series = histories.get(name) ?? lastMinute(some, now);
    histories.set(name, series);
    add(series, now, pointOf(some, rowsOf(next, name || undefined)));
  }
  const rows = rowsOf(next);
  // Of many channels, only the one that is looked at.
  for (const row of rows.length > REMEMBERED ? rows.filter(({ key }) => key === chosen) : rows) {
    const series = histories.get(row.key) ?? emptySeries();
    histories.set(row.key, series);
    add(series, now, pointOfChannel(row));
  }
  const names = services.map(({ name }) => name);
  if (only !== undefined && !names.includes(only)) only = undefined;
  const known = new Set(["", ...names, ...rows.map(({ key }) => key)]);
  for (const name of histories.keys()) if (!known.has(name)) histories.delete(name);
  if (chooser.dataset.names !== names.join("\n")) {
    chooser.dataset.names = names.join("\n");
    chooser.replaceChildren(
      element("option", { value: "" }, names.length === 1 ? `service ${names[0]}` : `all ${names.length} services`),
      ...names.length === 1 ? [] : names.map((name) => element("option", { value: name }, name)),
    );
    chooser.disabled = names.length === 1;
  }
  chooser.value = only ?? "";
  if (!paused) show();
}

/** What comes, by the type of its event. @type {Record<string, (data: any) => void>} */
const events = {
  hello: ({ admin }) => {
    panel.allow(admin);
    failures.clear();
  },
  state: take,
  failures: ({ failed }) => failures.begin(failed),
  failure: (record) => failures.add(record),
  log: (lines) => log.begin(lines),
  line: (line) => log.add([line]),
};

let unlock = () => {};
follow(
  ({ type, data }) => events[type]?.(JSON.parse(data)),
  ({ state: now, reason }) => {
    const words = /** @type {const} */ ({
      connecting: "connecting",
      live: paused ? "paused" : "live",
      lost: "not connected",
      locked: "locked",
    });
    setBadge(byId("connection", "span"), {
      look: now === "live" ? "up" : now === "connecting" ? "off" : "down",
      word: words[now],
    });
    document.body.classList.toggle("stale", now !== "live");
    if (now === "lost") notice(`What you see is out of date: ${reason}. Trying again.`);
    if (now === "locked") ask(reason);
  },
  () => new Promise((resolve) => unlock = resolve),
);

/** @param {string} reason */
async function ask(reason) {
  useToken(
    await askToken(
      "This page needs a token",
      `${reason}. It is in the file that --web-token or --web-admin names.`,
      true,
    ),
  );
  unlock();
}

/** @type {readonly import("./keys.js").Shortcut[]} */
const shortcuts = [
  { keys: "/", what: "filter the channels", run: () => (isNarrow() && openTab("channels"), filter.focus()) },
  { keys: "j ArrowDown", what: "next channel", run: () => move(1) },
  { keys: "k ArrowUp", what: "previous channel", run: () => move(-1) },
  { keys: "Enter", what: "show the chosen channel", run: () => chosen !== undefined && openTab("channel") },
  { keys: "f", what: "failures", run: () => openTab("failures") },
  { keys: "w", what: "why", run: () => (openTab("why"), why.focus()) },
  { keys: "l", what: "log", run: () => openTab("log") },
  { keys: "e", what: "enable the chosen channel", run: () => panel.act("enable") },
  { keys: "d", what: "drain the chosen channel", run: () => panel.act("drain") },
  { keys: "s", what: "worst channels first, or in their usual order", run: sortByState },
  { keys: "p", what: "pause or resume", run: pause },
  { keys: "t", what: "light, dark or automatic", run: nextTheme },
  { keys: "Escape", what: "clear or leave the filter", run: escape },
  { keys: "?", what: "this list", run: help },
];
listenToKeys(shortcuts);
byId("help", "button").addEventListener("click", help);

function help() {
  showKeys(shortcuts.map(({ keys, what }) => [keys, what]));
}

function sortByState() {
  order = order.column === "state" ? { column: "place", down: false } : { column: "state", down: false };
  show();
}

function pause() {
  paused = !paused;
  setBadge(byId("connection", "span"), paused ? { look: "off", word: "paused" } : { look: "up", word: "live" });
  show();
}

function escape() {
  if (document.activeElement === filter && filter.value === "") filter.blur();
  filter.value = "";
  if (isNarrow() && openedTab() === "channel") openTab("channels");
  show();
}
