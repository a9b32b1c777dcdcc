// @ts-check
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/** Makes and finds elements. Text is always text: nothing is ever parsed as markup. */

/**
 * An element with attributes and children.
 *
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {Record<string, string | number | boolean | undefined>} [attributes] true stands for an attribute without a value, false and undefined for none
 * @param {...(Node | string)} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === false) continue;
    made.setAttribute(name, value === true ? "" : String(value));
  }
  made.append(...children);
  return made;
}

/**
 * The element of the page with this id.
 *
 * @template {keyof HTMLElementTagNameMap} K
 * @param {string} id
 * @param {K} tag what it is
 * @returns {HTMLElementTagNameMap[K]}
 */
export function byId(id, tag) {
  const found = document.getElementById(id);
  if (found?.localName !== tag) throw new Error(`there is no ${tag} with the id ${id}`);
  return /** @type {HTMLElementTagNameMap[K]} */ (found);
}

/** Changes a text only if it is another one, so that what has not changed is not drawn. @param {Node} node @param {string} text */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/** The same for an attribute; undefined removes it. @param {Element} node @param {string} name @param {string | undefined} value */
export function setAttribute(node, name, value) {
  if (value === undefined) node.removeAttribute(name);
  else if (node.getAttribute(name) !== value) node.setAttribute(name, value);
}

/** A status as shape and word. @param {import("./channel_status.js").Status} status */
export function badge({ look, word }) {
  return element(
    "span",
    { class: `status ${look}` },
    element("span", { class: "shape", "aria-hidden": "true" }),
    word,
  );
}

/** Shows another status in a badge. @param {Element} node @param {import("./channel_status.js").Status} status */
export function setBadge(node, { look, word }) {
  setAttribute(node, "class", `status ${look}`);
  const text = /** @type {Node} */ (node.lastChild);
  if (text.textContent !== word) text.textContent = word;
}
