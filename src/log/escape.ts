/** Longest piece of foreign text that a message shows, in characters. */
const LONGEST = 80;

/**
 * Control characters, line and paragraph separators, lone surrogates, and everything that changes the direction of text
 * or hides in it (Unicode calls it "format").
 */
const UNSAFE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

/** Makes foreign text safe to show: everything that could steer a terminal or forge a line becomes an escape. */
export function escape(text: string): string {
  return text.replaceAll(UNSAFE, (character) => {
    const code = character.codePointAt(0)!;
    if (code < 0x100) return `\\x${code.toString(16).padStart(2, "0")}`;
    return code < 0x10000 ? `\\u${code.toString(16).padStart(4, "0")}` : `\\u{${code.toString(16)}}`;
  });
}

/**
 * The same for JSON text, whose value does not change: unsafe characters can only occur inside its strings.
 * `JSON.stringify` itself lets control characters above 0x7f through, and those that change the direction of text.
 */
export function escapeJson(json: string): string {
  return json.replaceAll(UNSAFE, (character) => {
    return [...Array(character.length).keys()]
      .map((i) => `\\u${character.charCodeAt(i).toString(16).padStart(4, "0")}`).join("");
  });
}

/** The word a message is about: escaped, in quotes, and cut if it is too long. */
export function quote(word: string): string {
  const cut = word.length > LONGEST ? `${word.slice(0, LONGEST)}` : word;
  const text = escape(cut).replaceAll('"', '\\"');
  return cut === word ? `"${text}"` : `"${text}…" (${word.length} characters)`;
}
