// @ts-check
/** Questions in front of the page. */

import { byId, element } from "./elements.js";

/**
 * Asks for a token.
 *
 * @param {string} title @param {string} text
 * @param {boolean} [must] whether there is nothing to see without it
 * @returns {Promise<string | undefined>} undefined if there is none
 */
export async function askToken(title, text, must = false) {
  const input = element("input", {
    type: "password",
    autocomplete: "current-password",
    "aria-label": "Token",
    required: true,
    id: "token",
  });
  // Where passwords are kept, there is a name to each.
  const name = element("input", { type: "text", autocomplete: "username", value: "balance", hidden: true });
  const answer = await open(
    element("h2", {}, title),
    element("p", { class: "muted" }, text),
    name,
    input,
    buttons("Unlock", "main", must),
  );
  return answer ? input.value.trim() : undefined;
}

/** Asks whether something is to be done. @param {string} title @param {string} text @param {string} yes @param {boolean} grave */
export async function confirmAct(title, text, yes, grave) {
  return await open(element("h2", {}, title), element("p", {}, text), buttons(yes, grave ? "grave" : "main", false));
}

/** Which keys do what. @param {readonly (readonly [string, string])[]} keys */
export async function showKeys(keys) {
  const rows = keys.map(([names, what]) =>
    element(
      "tr",
      {},
      element("td", {}, ...names.split(" ").flatMap((key) => [element("kbd", {}, key), " "])),
      element("td", {}, what),
    )
  );
  await open(
    element("h2", {}, "Keyboard"),
    element("table", {}, element("tbody", {}, ...rows)),
    element("div", { class: "buttons" }, element("button", { type: "submit", value: "no", class: "main" }, "Close")),
  );
}

/** @param {string} yes @param {string} kind @param {boolean} must */
function buttons(yes, kind, must) {
  // The first button is the one that Enter presses.
  const agree = element("button", { type: "submit", value: "yes", class: kind }, yes);
  const cancel = element("button", { type: "button" }, "Cancel");
  cancel.addEventListener("click", () => byId("dialog", "dialog").close("no"));
  return element("div", { class: "buttons" }, ...must ? [] : [cancel], agree);
}

/** @param {...Node} content @returns {Promise<boolean>} whether it was agreed to */
function open(...content) {
  const dialog = byId("dialog", "dialog"), form = element("form", { method: "dialog" }, ...content);
  if (dialog.open) dialog.close("no");
  dialog.replaceChildren(form);
  dialog.showModal();
  return new Promise((resolve) => {
    let agreed = false;
    form.addEventListener("submit", ({ submitter }) => {
      agreed = /** @type {HTMLButtonElement | null} */ (submitter)?.value === "yes";
    });
    const close = () => {
      // The event of the dialog before comes late, when this one is there already.
      if (dialog.open && form.isConnected) return;
      dialog.removeEventListener("close", close);
      resolve(agreed);
    };
    dialog.addEventListener("close", close);
  });
}
