/** A key by its name, or the one character that it types. */
export type Key = string;

/** What terminals send for keys without a character (ECMA-48, xterm), by the last letter or the number of the sequence. */
const LETTERS: Readonly<Record<string, Key>> = {
  A: "up",
  B: "down",
  C: "right",
  D: "left",
  H: "home",
  F: "end",
};
const NUMBERS: Readonly<Record<string, Key>> = {
  1: "home",
  4: "end",
  5: "page up",
  6: "page down",
  7: "home",
  8: "end",
};
const CONTROLS: Readonly<Record<string, Key>> = {
  "\r": "enter",
  "\n": "enter",
  "\x7f": "backspace",
  "\b": "backspace",
  "\x03": "ctrl-c",
  "\x04": "ctrl-d",
  "\x06": "page down",
  "\x02": "page up",
  "\x0c": "ctrl-l",
  "\x15": "ctrl-u",
  "\x1a": "ctrl-z",
};

/** A whole escape sequence, and the beginning of one. */
const WHOLE = /^\x1b(?:\[([\d;]*)([@-~])|O([A-Z]))/, BEGUN = /^\x1b(?:\[[\d;]*|O)?$/;

/** Reads keys from what a terminal sends. */
export class KeyReader {
  readonly #decoder = new TextDecoder();
  /** The beginning of an escape sequence, or the Escape key. */
  #begun = "";

  /** Whether something has come that may be the beginning of more. */
  get waits(): boolean {
    return this.#begun !== "";
  }

  read(bytes: Uint8Array): Key[] {
    let text = this.#begun + this.#decoder.decode(bytes, { stream: true });
    const keys: Key[] = [];
    this.#begun = "";
    while (text !== "") {
      if (BEGUN.test(text)) {
        this.#begun = text;
        break;
      }
      const sequence = WHOLE.exec(text), [character] = text;
      text = text.slice(sequence?.[0].length ?? character.length);
      const key = sequence === null ? keyOf(character) : keyOfSequence(sequence);
      if (key !== undefined) keys.push(key);
    }
    return keys;
  }

  /** Nothing more has come: it was the Escape key. */
  flush(): Key[] {
    const keys = this.#begun === "" ? [] : ["escape"];
    this.#begun = "";
    return keys;
  }
}

function keyOf(character: string): Key | undefined {
  if (character === "\x1b") return "escape";
  return CONTROLS[character] ?? (/^\P{C}$/u.test(character) ? character : undefined);
}

function keyOfSequence([, numbers = "", last, letter]: RegExpExecArray): Key | undefined {
  return last === "~" ? NUMBERS[numbers.split(";")[0]] : LETTERS[last ?? letter];
}
