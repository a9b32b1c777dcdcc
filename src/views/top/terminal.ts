import { KillGuard } from "./kill_guard.ts";
import { type Line, painted } from "./line.ts";

/** Alternate screen, hidden cursor, no wrapping of long lines; and back (xterm, DEC private modes). */
const ENTER = "\x1b[?1049h\x1b[?25l\x1b[?7l\x1b[2J", LEAVE = "\x1b[?2026l\x1b[0m\x1b[?7h\x1b[?25h\x1b[?1049l";

/** A terminal shows all of what is between these at once, if it can. */
const BEGIN = "\x1b[?2026h", END = "\x1b[?2026l";

/** Size of a terminal that does not say. */
const STANDARD = { columns: 80, rows: 24 };

/** The whole screen of a terminal, in raw mode, until `leave`. */
export class Terminal {
  readonly #color: boolean;
  readonly #unicode: boolean;
  #shown: string[] = [];
  #size = { columns: 0, rows: 0 };
  #entered = false;
  #guard: KillGuard | undefined;

  constructor({ color, unicode }: { readonly color: boolean; readonly unicode: boolean }) {
    this.#color = color;
    this.#unicode = unicode;
  }

  enter(): void {
    // Continued after a stop, it may be in the mode of the shell.
    Deno.stdin.setRaw(true);
    if (!this.#entered) this.#guard = new KillGuard(LEAVE);
    this.#entered = true;
    this.redraw();
    write(ENTER);
  }

  /** Leaves the terminal as it was. */
  leave(): void {
    if (!this.#entered) return;
    this.#entered = false;
    this.#guard?.[Symbol.dispose]();
    try {
      write(LEAVE);
    } catch {
      // It is gone.
    }
    try {
      Deno.stdin.setRaw(false);
    } catch {
      // It is gone.
    }
  }

  size(): { readonly columns: number; readonly rows: number } {
    try {
      const { columns, rows } = Deno.consoleSize();
      return columns > 0 && rows > 0 ? { columns, rows } : STANDARD;
    } catch {
      return STANDARD;
    }
  }

  /** The next `show` writes everything. */
  redraw(): void {
    this.#size = { columns: 0, rows: 0 };
  }

  /** Writes the lines that have changed. */
  show(lines: readonly Line[], size: { readonly columns: number; readonly rows: number }): void {
    if (!this.#entered) return;
    const { columns, rows } = this.#size, all = columns !== size.columns || rows !== size.rows;
    const texts = lines.map((line) => this.#legible(painted(line, size.columns, this.#color)));
    let out = all ? "\x1b[2J" : "";
    texts.forEach((text, i) => {
      if (all || text !== this.#shown[i]) out += `\x1b[${i + 1};1H${text}`;
    });
    this.#shown = texts;
    this.#size = size;
    if (out !== "") write(BEGIN + out + END);
  }

  #legible(text: string): string {
    return this.#unicode ? text : text.replaceAll("…", "~").replaceAll(/[^\x00-\x7e]/gu, "?");
  }
}

function write(text: string): void {
  const bytes = new TextEncoder().encode(text);
  for (let offset = 0; offset < bytes.length;) offset += Deno.stdout.writeSync(bytes.subarray(offset));
}

/**
 * Whether the locale's characters are Unicode (POSIX: the first of these that is set counts). The fonts of the console of
 * Linux have few of them.
 */
export function speaksUnicode(get: (name: string) => string | undefined, os: string): boolean {
  if (os === "windows") return true;
  if (get("TERM") === "linux") return false;
  const locale = get("LC_ALL") || get("LC_CTYPE") || get("LANG") || "";
  return /utf-?8/i.test(locale);
}
