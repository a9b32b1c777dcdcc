import type { Source, SourceFault } from "./source_fault.ts";

/** The byte order mark of UTF-8. */
const MARK = "\ufeff";

/** A file's text, and what it takes to write it again. */
export interface SourceText extends Source {
  /** What was read. */
  readonly bytes: Uint8Array;
  /** The lines with a carriage return where they have one. */
  readonly raw: readonly string[];
  /** Whether the first line ends with a carriage return and a line feed. */
  readonly returns: boolean;
  /** Whether it begins with a byte order mark, which is not part of its lines. */
  readonly marked: boolean;
}

/** Reads bytes as UTF-8 text. Only the first line that is wrong is reported. */
export function decodeSource(path: string, bytes: Uint8Array): { text?: SourceText; fault?: SourceFault } {
  const utf16 = (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff);
  const zero = bytes.indexOf(0), decoded = decode(bytes);
  if (utf16) return wrong(path, bytes, 0, "this is UTF-16; save the file as UTF-8");
  if (zero >= 0) return wrong(path, bytes, zero, "a NUL byte; this is not a text file");
  if (decoded === undefined) {
    return wrong(path, bytes, firstInvalid(bytes), "this is not UTF-8; save the file as UTF-8");
  }
  const marked = decoded.startsWith(MARK), raw = (marked ? decoded.slice(1) : decoded).split("\n");
  const closed = raw.at(-1) === "", returns = raw[0].endsWith("\r");
  if (closed) raw.pop();
  else if (returns) raw[raw.length - 1] += "\r";
  return { text: { path, bytes, raw, lines: raw.map((line) => line.replace(/\r$/, "")), returns, marked } };
}

/** The text of a file with these raw lines. */
export function encodeSource({ marked }: SourceText, raw: readonly string[]): string {
  return (marked ? MARK : "") + raw.map((line) => `${line}\n`).join("");
}

function decode(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** Index of the first byte that begins no character. */
function firstInvalid(bytes: Uint8Array): number {
  let low = 0, high = bytes.length;
  // The longest beginning that can be read, but for a character that it cuts, is found by halving.
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (beginsWell(bytes.subarray(0, middle))) low = middle;
    else high = middle - 1;
  }
  return low;
}

function beginsWell(bytes: Uint8Array): boolean {
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(bytes, { stream: true });
    return true;
  } catch {
    return false;
  }
}

/** A fault at a byte, in a line that is shown as well as it can be. */
function wrong(path: string, bytes: Uint8Array, at: number, message: string): { fault: SourceFault } {
  const before = bytes.subarray(0, at), begin = before.lastIndexOf(10) + 1, end = bytes.indexOf(10, at);
  const line = before.reduce((count, byte) => count + (byte === 10 ? 1 : 0), 0);
  const loose = new TextDecoder(), start = loose.decode(bytes.subarray(begin, at));
  const rest = loose.decode(bytes.subarray(at, Math.min(end < 0 ? bytes.length : end, at + 1024)));
  const lines: string[] = [];
  lines[line] = start + rest;
  const stop = start.length + ([...rest][0]?.length ?? 0);
  return { fault: { source: { path, lines }, line, start: start.length, end: stop, message, code: 64 } };
}
