// @ts-check
/** The views beside the table, or in its place on narrow screens. */

import { byId, element, setText } from "./elements.js";

/** In their order; the first two exist on narrow screens only, where the others take the table's place. */
const TABS = /** @type {const} */ ({
  channels: "Channels",
  charts: "Charts",
  channel: "Channel",
  failures: "Failures",
  why: "Why",
  log: "Log",
});

/** @typedef {keyof typeof TABS} Tab */

/** @type {Map<Tab, HTMLButtonElement>} */
const buttons = new Map();

/** Makes the tabs. */
export function makeTabs() {
  const names = /** @type {Tab[]} */ (Object.keys(TABS));
  for (const name of names) {
    const target = document.getElementById(`panel-${name}`) ?? byId(name, "section");
    const button = element(
      "button",
      { type: "button", role: "tab", id: `tab-${name}`, "aria-controls": target.id },
      TABS[name],
      element("span", { class: "number" }),
    );
    button.addEventListener("click", () => openTab(name));
    button.addEventListener("keydown", ({ key }) => {
      const step = key === "ArrowRight" ? 1 : key === "ArrowLeft" ? -1 : 0;
      if (step === 0) return;
      const seen = names.filter((one) => buttons.get(one)?.offsetParent !== null);
      const next = seen[(seen.indexOf(name) + step + seen.length) % seen.length];
      openTab(next);
      buttons.get(next)?.focus();
    });
    buttons.set(name, button);
    byId("tabs", "nav").append(button);
  }
  openTab(isNarrow() ? "channels" : "failures");
}

/** Whether one view at a time fits the screen, as layout.css decides. */
export const isNarrow = () => matchMedia("(max-width: 900px)").matches;

/** @returns {Tab} */
export const openedTab = () => /** @type {Tab} */ (document.body.dataset.tab);

/** @param {Tab} name */
export function openTab(name) {
  document.body.dataset.tab = name;
  for (const [other, button] of buttons) {
    button.setAttribute("aria-selected", String(other === name));
    button.tabIndex = other === name ? 0 : -1;
  }
  document.dispatchEvent(new CustomEvent("tab"));
}

/** Shows a number beside a tab; none for 0. @param {Tab} name @param {number} number */
export function numberTab(name, number) {
  const place = buttons.get(name)?.querySelector(".number");
  if (place) setText(place, number === 0 ? "" : number > 99 ? " 99+" : ` ${number}`);
}
