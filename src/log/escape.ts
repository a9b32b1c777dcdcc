/** Longest piece of foreign text that a message shows, in characters. */
const LONGEST = 80;

/**
 * Control characters, line and paragraph separators, lone surrogates, and everything that changes the direction of text
 * or hides in it.
 */
// deno-lint-ignore no-control-regex
const UNSAFE =
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|\p{Cs}/gu;

/** Makes foreign text fit to be shown: everything that could steer a terminal or forge a line becomes an escape. */
export function escape(text: string): string {
  return text.replaceAll(UNSAFE, (character) => {
    const code = character.codePointAt(0)!;
    if (code < 0x100) return `\\x${code.toString(16).padStart(2, "0")}`;
    return `\\u${code.toString(16).padStart(4, "0")}`;
  });
}

/** The word a message is about: escaped, in quotes, and cut where it is too long to read. */
export function quote(word: string): string {
  const cut = word.length > LONGEST ? `${word.slice(0, LONGEST)}` : word;
  const text = escape(cut).replaceAll('"', '\\"');
  return cut === word ? `"${text}"` : `"${text}…" (${word.length} characters)`;
}
