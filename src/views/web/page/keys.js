// @ts-check
/** The keyboard. */

/** @typedef {{ readonly keys: string, readonly what: string, readonly run: () => void }} Shortcut */

/** @param {readonly Shortcut[]} shortcuts several keys with a space between them */
export function listenToKeys(shortcuts) {
  document.addEventListener("keydown", (event) => {
    const { key, target, ctrlKey, metaKey, altKey } = event;
    if (ctrlKey || metaKey || altKey || document.querySelector("dialog[open]") !== null) return;
    const typing = target instanceof HTMLInputElement || target instanceof HTMLSelectElement;
    if (typing && key !== "Escape") return;
    // A button under the focus has Enter for itself.
    if (key === "Enter" && target instanceof HTMLButtonElement) return;
    const found = shortcuts.find(({ keys }) => keys.split(" ").includes(key));
    if (found === undefined) return;
    event.preventDefault();
    found.run();
  });
}
