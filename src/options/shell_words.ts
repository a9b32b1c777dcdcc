/** One word of a text, and where it is. */
export interface SourceWord {
  /** Without its quotes and escapes. */
  readonly text: string;
  /** Index of the line. */
  readonly line: number;
  /** Where it begins and ends in that line, in UTF-16 units. A word that goes on in the next line ends with the line. */
  readonly start: number;
  readonly end: number;
  /** Whether any part was quoted or escaped. */
  readonly quoted: boolean;
}

/** What is wrong with a piece of one line. */
export interface TextFault {
  readonly line: number;
  readonly start: number;
  readonly end: number;
  /** One line, without a full stop. */
  readonly message: string;
}

/** A line with those that continue it. */
export interface Entry {
  readonly words: readonly SourceWord[];
  /** Indices of its first and last line. */
  readonly first: number;
  readonly last: number;
  /** Its comments, from `#` on. */
  readonly comments: readonly string[];
  /** Whether it has words that could not be read; they are missing. */
  readonly broken: boolean;
}

interface OpenEntry extends Entry {
  readonly words: SourceWord[];
  last: number;
  readonly comments: string[];
  broken: boolean;
}

/** Characters without a meaning to the shell. */
const PLAIN = /[^\p{Zs}\p{Cc}'"\\$`;|&<>()]+/uy;

/** Up to the next character that means something between double quotes. */
const DOUBLE_QUOTED = /[^"\\$`]*/y;

/** Signs that a shell would act on; here they must be quoted. */
const SIGNS: ReadonlySet<string> = new Set([..."; | & < > ( )".split(" ")]);

const NO_EXPANSION = "nothing is expanded here; put it in single quotes to use it literally";

/**
 * Splits lines into words by the rules of the POSIX shell (Shell Command Language, 2.2 and 2.3), without expansions: `$`
 * and backquotes must be quoted, and so must the signs of pipes, lists and redirections. `! % * ? ~ [ ] { }` stand for
 * themselves, and a quote is closed in its own line. A line that begins with white space continues the one before, as
 * one does behind a backslash; an empty line ends that.
 *
 * @param starters words that may only begin an entry, unless they are quoted
 */
export function readEntries(
  lines: readonly string[],
  starters: ReadonlySet<string> = new Set(),
): { entries: Entry[]; faults: TextFault[] } {
  const entries: Entry[] = [], faults: TextFault[] = [];
  let open: OpenEntry | undefined, comments: string[] = [];
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i], text = line.trimStart();
    if (text === "") {
      open = undefined;
      continue;
    }
    if (text.startsWith("#")) {
      comments.push(text);
      continue;
    }
    const indented = /^[ \t]/.test(line), continues = indented && open !== undefined;
    if (continues) open!.comments.push(...comments);
    else entries.push(open = { words: [], first: i, last: i, comments: [], broken: false });
    comments = [];
    const entry = open!;
    if (indented && !continues) {
      entry.broken = true;
      faults.push({
        line: i,
        start: line.length - text.length,
        end: line.length,
        message:
          "a line that begins with white space continues the one before, and there is none; start it in the first column",
      });
    }
    i = new Scanner(lines, i, entry, faults, starters).scan(entry.first === i);
    entry.last = i;
  }
  return { entries, faults };
}

/** Reads one line, and those that a backslash joins to it. */
class Scanner {
  readonly #lines: readonly string[];
  readonly #entry: OpenEntry;
  readonly #faults: TextFault[];
  readonly #starters: ReadonlySet<string>;
  #line: number;
  #at = 0;

  constructor(
    lines: readonly string[],
    line: number,
    entry: OpenEntry,
    faults: TextFault[],
    starters: ReadonlySet<string>,
  ) {
    this.#lines = lines;
    this.#line = line;
    this.#entry = entry;
    this.#faults = faults;
    this.#starters = starters;
  }

  /** @param begins whether the entry begins here @returns the last line that was read */
  scan(begins: boolean): number {
    for (;;) {
      const text = this.#text, character = text[this.#at];
      if (character === undefined) return this.#line;
      if (character === " " || character === "\t") this.#at++;
      else if (character === "\\" && this.#at + 1 === text.length) {
        if (!this.#nextLine()) return this.#line;
      } else if (character === "#") {
        this.#entry.comments.push(text.slice(this.#at));
        return this.#line;
      } else {
        const line = this.#line,
          first = text.slice(0, this.#at).trim() === "" && !(begins && line === this.#entry.first);
        if (!this.#word(first)) return this.#skip();
      }
    }
  }

  get #text(): string {
    return this.#lines[this.#line];
  }

  /** Reads a word. @param first whether it is the first of a line that continues the entry @returns whether it could */
  #word(first: boolean): boolean {
    const line = this.#line, start = this.#at;
    let value = "", quoted = false, end = -1;
    for (;;) {
      const text = this.#text, character = text[this.#at];
      if (character === undefined || character === " " || character === "\t") break;
      PLAIN.lastIndex = this.#at;
      const plain = PLAIN.exec(text)?.[0];
      if (plain !== undefined) {
        value += plain;
        this.#at += plain.length;
      } else if (character === "'") {
        quoted = true;
        const close = text.indexOf("'", this.#at + 1);
        if (close < 0) return this.#fault(this.#at, text.length, "this quote is not closed on its line");
        value += text.slice(this.#at + 1, close);
        this.#at = close + 1;
      } else if (character === '"') {
        quoted = true;
        const inside = this.#doubleQuoted();
        if (inside === undefined) return false;
        value += inside;
      } else if (character === "\\") {
        const escaped = text.slice(this.#at + 1);
        if (escaped === "") {
          if (line === this.#line) end = text.length;
          if (!this.#nextLine()) return false;
          continue;
        }
        if (escaped.trim() === "") {
          return this.#fault(this.#at, text.length, "white space follows the backslash at the end of the line");
        }
        quoted = true;
        const whole = String.fromCodePoint(escaped.codePointAt(0)!);
        value += whole;
        this.#at += 1 + whole.length;
      } else return this.#fault(this.#at, this.#at + 1, refusal(character));
    }
    if (end < 0) end = line === this.#line ? this.#at : this.#lines[line].length;
    if (first && !quoted && this.#starters.has(value)) {
      return this.#fault(
        start,
        end,
        `"${value}" must start a line, but this line continues the one before; quote the word if it is a host`,
      );
    }
    this.#entry.words.push({ text: value, line, start, end, quoted });
    return true;
  }

  #doubleQuoted(): string | undefined {
    const line = this.#line, open = this.#at++;
    let value = "";
    for (;;) {
      const text = this.#text;
      DOUBLE_QUOTED.lastIndex = this.#at;
      const plain = DOUBLE_QUOTED.exec(text)![0];
      value += plain;
      this.#at += plain.length;
      const character = text[this.#at], next = text[this.#at + 1];
      if (character === undefined) {
        this.#fault(open, this.#lines[line].length, "this quote is not closed on its line", line);
        return undefined;
      }
      this.#at++;
      if (character === '"') return value;
      if (character !== "\\") {
        this.#fault(this.#at - 1, this.#at, refusal(character));
        return undefined;
      }
      if (next === undefined) {
        if (!this.#nextLine()) return undefined;
      } else if ('$`"\\'.includes(next)) {
        value += next;
        this.#at++;
      } else value += character;
    }
  }

  /** Goes on behind a backslash at the end of a line. @returns whether there is a line */
  #nextLine(): boolean {
    const { length } = this.#text;
    if (this.#line + 1 === this.#lines.length) {
      return this.#fault(length - 1, length, "no line follows the backslash");
    }
    this.#line++;
    this.#at = 0;
    return true;
  }

  #fault(start: number, end: number, message: string, line = this.#line): false {
    this.#faults.push({ line, start, end, message });
    this.#entry.broken = true;
    return false;
  }

  /** Leaves out what remains of the line, and of those that a backslash joins to it. */
  #skip(): number {
    while (this.#line + 1 < this.#lines.length && /(?:^|[^\\])(?:\\\\)*\\$/.test(this.#text)) this.#line++;
    return this.#line;
  }
}

function refusal(character: string): string {
  if (character === "$") return `"$" outside single quotes: ${NO_EXPANSION}`;
  if (character === "`") return `a backquote outside single quotes: ${NO_EXPANSION}`;
  if (SIGNS.has(character)) return `"${character}" has no meaning here; put it in quotes to use it literally`;
  const code = `U+${character.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}`;
  return /\p{Cc}/u.test(character)
    ? `a control character (${code}); put it in quotes to use it literally`
    : `an unusual space (${code}); write an ordinary one, or put it in quotes`;
}
