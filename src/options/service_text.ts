import { isSeparator } from "./group_words.ts";
import { quoteWord } from "./quote_word.ts";
import { LINE_WORDS } from "./line_words.ts";
import { type ProcessSpec, processWords, type ServiceSpec, serviceWords } from "./service_spec.ts";

/** Longest line that is written, in characters, as long as its words allow it. */
const LONGEST = 100;

/** Command lines that describe the process and its services: a file of services, and lines for a shell. */
export function configLines({ values, services }: ProcessSpec): string[] {
  const process = processWords(values);
  const head = process.length === 0 ? [] : [...commandLines(["process", ...process]), ""];
  return [...head, ...services.flatMap((spec) => commandLines(["balance", ...serviceWords(spec)]))];
}

/** The command line of a service. */
export function serviceLines(spec: ServiceSpec): string[] {
  return commandLines(["balance", ...serviceWords(spec)]);
}

/**
 * Words as one line; if that is too long, with a line of its own for each group. A backslash ends all lines but the
 * last, so that a shell takes them for one.
 */
export function commandLines(words: readonly string[]): string[] {
  const quoted = words.map(quoteWord), line = quoted.join(" ");
  if (line.length <= LONGEST) return [line];
  const lines: string[] = [];
  let open = "";
  quoted.forEach((word, i) => {
    const separator = isSeparator(word);
    if (open === "") open = word;
    else if (separator || open.length + 1 + word.length + 2 > LONGEST) {
      lines.push(`${open} \\`);
      // A word that starts a line must not be taken for the beginning of another entry.
      open = (separator ? "  " : "    ") + (LINE_WORDS.has(words[i]) ? `'${word}'` : word);
    } else open += ` ${word}`;
  });
  return [...lines, open];
}
