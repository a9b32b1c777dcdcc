import { quote } from "../log/escape.ts";

/** Protocols that have a check of their own. */
export const PROTOCOLS = ["smtp", "imap", "pop3", "redis", "mysql", "postgres", "ssh"] as const;

/** One of them. */
export type Protocol = typeof PROTOCOLS[number];

/** One step of a dialogue. Its text has one character for each byte. */
export type Step =
  | { readonly type: "send"; readonly text: string }
  /** What the other side says must contain the text, or begin with it if it is `anchored`. */
  | { readonly type: "expect"; readonly text: string; readonly anchored: boolean };

/** How it is found out whether a back end is alive. */
export type Check =
  /** It is not checked. */
  | { readonly type: "off" }
  /** It accepts connections. */
  | { readonly type: "tcp" }
  /** It also completes a TLS handshake. */
  | { readonly type: "tls" }
  | { readonly type: "http"; readonly secure: boolean; readonly path: string }
  | { readonly type: "dialogue"; readonly steps: readonly Step[] }
  | { readonly type: "protocol"; readonly protocol: Protocol }
  /** The program ends with code 0. */
  | { readonly type: "exec"; readonly program: string };

/** What an answer to HTTP must be. */
export type Expected =
  /** The status is in one of these ranges. */
  | { readonly type: "status"; readonly ranges: readonly (readonly [first: number, last: number])[] }
  /** The status is 2xx or 3xx, and the body has this text, with one character for each byte. */
  | { readonly type: "body"; readonly text: string };

/** What is wrong with a word, as the middle of `option --check … : "word"`. */
export class WrongCheck extends Error {}

/** Where one step of a dialogue ends and the next begins. */
const NEXT_STEP = /\/(?=send:|expect:)/;

/**
 * Reads what follows `--check`: `off`, `tcp`, `tls`, `http:PATH`, `https:PATH`, `exec:PROGRAM`, a protocol, or a dialogue,
 * `send:TEXT/expect:TEXT…`.
 *
 * @throws {WrongCheck}
 */
export function readCheck(word: string): Check {
  const [name, value] = split(word);
  switch (name) {
    case "off":
    case "tcp":
    case "tls":
      if (value !== undefined) throw new WrongCheck(`takes nothing after ${name}`);
      return { type: name };
    case "http":
    case "https":
      if (value === undefined || !/^\/[\x21-\x7e]*$/.test(value)) {
        throw new WrongCheck(`needs a path after ${name}:, such as ${name}:/health, without spaces`);
      }
      return { type: "http", secure: name === "https", path: value };
    case "exec":
      // The program leaves the directory that it was started in.
      if (value === undefined || !/^(?:\/|[A-Za-z]:[\\/])[^\0]+$/.test(value)) {
        throw new WrongCheck("needs the absolute path of a program after exec:");
      }
      return { type: "exec", program: value };
    case "send":
    case "expect":
      return { type: "dialogue", steps: word.split(NEXT_STEP).map(readStep) };
    default: {
      const protocol = PROTOCOLS.find((known) => known === name);
      if (protocol === undefined) throw new WrongCheck(`takes ${CHECK_WORDS.join(", ")} or send:TEXT/expect:TEXT`);
      if (value !== undefined) throw new WrongCheck(`takes nothing after ${protocol}`);
      return { type: "protocol", protocol };
    }
  }
}

/** Whether a check, a word that `readCheck` reads, is one of HTTP. Only that can be expected to answer something. */
export function isHttp(word: string | undefined): boolean {
  return word !== undefined && readCheck(word).type === "http";
}

/** Words that a check begins with, as people read them. */
export const CHECK_WORDS: readonly string[] = [
  "off",
  "tcp",
  "tls",
  "http:PATH",
  "https:PATH",
  "exec:PROGRAM",
  ...PROTOCOLS,
];

/** Reads what follows `--check-expect`: `200,300-399` or `body:TEXT`. @throws {WrongCheck} */
export function readExpected(word: string): Expected {
  if (word.startsWith("body:")) {
    const text = unescape(word.slice("body:".length), "");
    if (text === "") throw new WrongCheck("needs a text after body:");
    return { type: "body", text };
  }
  const ranges = word.split(",").map((range): [number, number] => {
    const match = /^([1-5]\d\d)(?:-([1-5]\d\d))?$/.exec(range);
    const first = Number(match?.[1]), last = Number(match?.[2] ?? match?.[1]);
    if (match !== null && first <= last) return [first, last];
    throw new WrongCheck("takes HTTP status codes, such as 200 or 200-299,401, or body:TEXT");
  });
  return { type: "status", ranges };
}

function split(word: string): [name: string, value: string | undefined] {
  const colon = word.indexOf(":");
  return colon < 0 ? [word, undefined] : [word.slice(0, colon), word.slice(colon + 1)];
}

function readStep(word: string, index: number, all: readonly string[]): Step {
  const where = all.length > 1 ? ` in step ${index + 1}` : "", [type, value = ""] = split(word);
  const anchored = type === "expect" && value.startsWith("^"),
    text = unescape(anchored ? value.slice(1) : value, where);
  if (text === "") throw new WrongCheck(`needs a text after ${type}:${anchored ? "^" : ""}${where}`);
  return type === "send" ? { type, text } : { type: "expect", text, anchored };
}

const ESCAPES: Readonly<Record<string, string>> = { r: "\r", n: "\n", t: "\t", "0": "\0", "\\": "\\", "^": "^" };

/** The bytes that a text with escapes stands for, each as one character. */
function unescape(text: string, where: string): string {
  const bytes = new TextEncoder().encode(text);
  return Array.from(bytes, (byte) => String.fromCharCode(byte)).join("")
    .replaceAll(/\\(x[\dA-Fa-f]{2}|[\s\S]|$)/g, (found, code: string) => {
      if (code.length === 3) return String.fromCharCode(parseInt(code.slice(1), 16));
      if (Object.hasOwn(ESCAPES, code)) return ESCAPES[code];
      throw new WrongCheck(
        `has a bad escape ${quote(found)}${where}: it must be one of \\r \\n \\t \\0 \\\\ \\^ \\xHH`,
      );
    });
}
