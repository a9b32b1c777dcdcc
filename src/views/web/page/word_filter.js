// @ts-check
/** What one types to see only some of many. Pure. */

/**
 * Tells whether each word of a filter occurs in a text; a word behind a minus must not.
 *
 * @param {string} filter @returns {(text: string) => boolean} for texts in lower case
 */
export function wordFilter(filter) {
  const words = filter.toLowerCase().split(/\s+/).filter((word) => word !== "" && word !== "-");
  return (text) => words.every((word) => word.startsWith("-") ? !text.includes(word.slice(1)) : text.includes(word));
}
