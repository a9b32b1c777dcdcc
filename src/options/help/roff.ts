import { wrapped } from "./option_lines.ts";

/** Longest line of roff source: mandoc(1) complains about more than 80 bytes. */
const WIDTH = 78;

/** Text as roff shows it (groff_char(7)): no escapes, hyphens that can be copied, nothing but ASCII. */
export function roff(text: string): string {
  return [...text].map((character) => {
    if (character === "\\") return "\\e";
    if (character === "-") return "\\-";
    const code = character.codePointAt(0)!;
    return code < 0x7f ? character : `\\[u${code.toString(16).toUpperCase().padStart(4, "0")}]`;
  }).join("");
}

/** Bold text, inside a line. */
export const bold = (text: string): string => `\\fB${roff(text)}\\fR`;

/** Italic text, inside a line: what stands for something else. */
export const italic = (text: string): string => `\\fI${roff(text)}\\fR`;

/** Source lines of a piece of running text: each sentence begins a line, and none can be taken for a request. */
export function paragraph(text: string): string[] {
  return text.split(/(?<=[.;]) (?=[A-Z])/).flatMap((sentence) => wrapped(roff(sentence), WIDTH)).map((line) =>
    /^[.']/.test(line) ? `\\&${line}` : line
  );
}

/** A heading with what belongs to it, which is indented. */
export function item(heading: string, text: string): string[] {
  return [".TP", heading, ...paragraph(text)];
}
