import { quote } from "../../log/escape.ts";
import type { Expected } from "../../options/check_words.ts";
import { CheckFailed } from "../verdict.ts";
import { takeBytes, takeLine, unexpected } from "./dialogue.ts";
import type { Wire } from "./wire.ts";

/** Bytes of a body in which a text is looked for. */
const LONGEST_BODY = 65_536;

/** Lines of headers, and interim answers (RFC 9110, 15.2), that are read. */
const MOST_LINES = 256, MOST_INTERIM = 16;

/** What statuses are expected unless others were asked for. */
const GOOD: Extract<Expected, { type: "status" }>["ranges"] = [[200, 399]];

/** What an answer says before its body. */
interface Head {
  readonly status: number;
  readonly reason: string;
  readonly headers: ReadonlyMap<string, string>;
}

/** Asks for a path once, on a connection of its own (HTTP/1.1, RFC 9112). @throws {CheckFailed} */
export async function request(
  wire: Wire,
  { path, host, expected }: {
    readonly path: string;
    /** With the port, unless that is the standard one. */
    readonly host: string;
    readonly expected?: Expected;
  },
): Promise<void> {
  wire.send(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\nUser-Agent: balance\r\nAccept: */*\r\nConnection: close\r\n\r\n`);
  const head = await finalHead(wire), { status, reason } = head;
  const ranges = expected?.type === "status" ? expected.ranges : GOOD;
  if (!ranges.some(([first, last]) => status >= first && status <= last)) {
    throw new CheckFailed("L7STS", `it answers ${quote(`${status} ${reason}`.trim())}`);
  }
  if (expected?.type === "body" && !(await bodyHas(wire, head, expected.text))) {
    throw new CheckFailed("L7RSP", `its answer does not contain ${quote(expected.text)}`);
  }
}

async function finalHead(wire: Wire): Promise<Head> {
  for (let i = 0; i < MOST_INTERIM; i++) {
    const head = await readHead(wire);
    if (head.status >= 200) return head;
  }
  throw new CheckFailed("L7RSP", "it answers only with interim responses");
}

async function readHead(wire: Wire): Promise<Head> {
  const line = await takeLine(wire), match = /^HTTP\/1\.[01] ([1-5]\d\d)(?: (.*))?$/.exec(line);
  if (match === null) throw unexpected(line, "HTTP/1.1");
  const headers = new Map<string, string>();
  for (let i = 0; i < MOST_LINES; i++) {
    const line = await takeLine(wire);
    if (line === "") return { status: Number(match[1]), reason: match[2] ?? "", headers };
    const colon = line.indexOf(":");
    if (colon <= 0) throw unexpected(line, "a header");
    headers.set(line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim());
  }
  throw new CheckFailed("L7RSP", "its answer has too many headers");
}

async function bodyHas(wire: Wire, { status, headers }: Head, text: string): Promise<boolean> {
  if (status === 204 || status === 304) return false;
  let body = "";
  for await (const piece of pieces(wire, headers)) {
    body += piece;
    if (body.includes(text)) return true;
    if (body.length > LONGEST_BODY) return false;
  }
  return false;
}

/** The body, in one of the three ways to say where it ends (RFC 9112, 6.3). */
async function* pieces(wire: Wire, headers: ReadonlyMap<string, string>): AsyncGenerator<string> {
  const length = headers.get("content-length"), coding = headers.get("transfer-encoding");
  if (coding !== undefined) return yield* chunks(wire);
  if (length === undefined) return yield* rest(wire, Infinity);
  if (!/^\d{1,15}$/.test(length)) throw unexpected(length, "a length");
  yield* rest(wire, Number(length));
}

async function* rest(wire: Wire, length: number): AsyncGenerator<string> {
  for (let left = length; left > 0;) {
    if (wire.received === "") {
      if (wire.ended) return;
      await wire.more();
    }
    const piece = wire.take(Math.min(left, wire.received.length));
    left -= piece.length;
    yield piece;
  }
}

async function* chunks(wire: Wire): AsyncGenerator<string> {
  for (;;) {
    const line = await takeLine(wire), match = /^([\dA-Fa-f]{1,8})\s*(?:;.*)?$/.exec(line);
    if (match === null) throw unexpected(line, "the size of a chunk");
    const size = parseInt(match[1], 16);
    if (size === 0) return;
    yield* rest(wire, size);
    await takeBytes(wire, 2);
  }
}
