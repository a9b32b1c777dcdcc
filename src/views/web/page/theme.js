// @ts-check
/** Light, dark, or as the system has it. */

import { byId } from "./elements.js";

const THEMES = ["auto", "light", "dark"];

/** @param {() => void} onChange called when colours have changed */
export function makeTheme(onChange) {
  const button = byId("theme", "button");
  let theme = stored();
  const show = () => {
    if (theme === "auto") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
    button.textContent = theme;
    button.setAttribute("aria-label", `Colours: ${theme}`);
    onChange();
  };
  const next = () => {
    theme = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length];
    try {
      localStorage.setItem("theme", theme);
    } catch {
      // Not kept where the browser keeps nothing.
    }
    show();
  };
  button.addEventListener("click", next);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", onChange);
  show();
  return next;
}

function stored() {
  try {
    const found = localStorage.getItem("theme") ?? "auto";
    return THEMES.includes(found) ? found : "auto";
  } catch {
    return "auto";
  }
}
