import { moreAbout, type OptionRecord } from "../option_record.ts";

/** Columns of a line of help. */
export const WIDTH = 80;

/** Column in which the summaries begin. */
export const SUMMARY = 36;

/** An option's line: names, value and summary. */
export function optionLine({ name, short, kind: { metavar }, summary }: OptionRecord): string {
  const letter = short === undefined ? "    " : `-${short}, `, value = metavar === undefined ? "" : ` ${metavar}`;
  return `  ${letter}--${name}${value}`.padEnd(SUMMARY - 1) + ` ${summary}`;
}

/** What else there is to say about an option, below its line. */
export function moreLines(record: OptionRecord): string[] {
  const more = moreAbout(record);
  return more === "" ? [] : wrapped(more, WIDTH - 6).map((line) => `      ${line}`);
}

/** Breaks text into lines of at most so many characters, between words. */
export function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}
