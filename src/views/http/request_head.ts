/** What comes before the body of a request. */
export interface RequestHead {
  readonly method: string;
  /** Decoded, without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** By names in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  /** Bytes of the body. */
  readonly length: number;
  /** Whether the client understands what came with HTTP/1.1: chunks, and connections that go on. */
  readonly modern: boolean;
  /** Whether it may ask again over the same connection. */
  readonly goesOn: boolean;
}

/** A request that is refused before anybody has looked at what it asks for. */
export class BadRequest extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** Bytes of the longest head and of the longest body. */
export const LONGEST_HEAD = 16 * 1024, LONGEST_BODY = 64 * 1024;

/** Most header fields. */
const MOST_FIELDS = 100;

const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/** Where the head ends in what has come of it; -1 if that is not there yet. It ends with an empty line. */
export function endOfHead(bytes: Uint8Array): number {
  for (let at = bytes.indexOf(LF); at >= 0; at = bytes.indexOf(LF, at + 1)) {
    if (bytes[at + 1] === LF) return at + 2;
    if (bytes[at + 1] === CR && bytes[at + 2] === LF) return at + 3;
  }
  return -1;
}

const LF = 10, CR = 13;

/**
 * Reads the head of a request (RFC 9112).
 *
 * @param text its bytes as Latin-1, with the empty line at its end
 * @throws {BadRequest} when it is malformed or asks for what this server has not
 */
export function readHead(text: string): RequestHead {
  const [first, ...lines] = text.split(/\r?\n/).slice(0, -2);
  const [, method, target, minor] = /^(\S+) (\S+) HTTP\/1\.([01])$/.exec(first) ?? [];
  if (method === undefined || !TOKEN.test(method)) {
    if (/ HTTP\/(?!1\.[01]$)\d+\.\d+$/.test(first)) {
      throw new BadRequest(505, "only HTTP/1.0 and HTTP/1.1 are spoken here");
    }
    throw new BadRequest(400, "this is not HTTP");
  }
  const headers = readFields(lines), modern = minor === "1";
  if (modern && !headers.has("host")) throw new BadRequest(400, "there is no Host");
  if (headers.has("transfer-encoding")) throw new BadRequest(501, "only bodies of a length that is given are taken");
  return {
    method,
    ...readTarget(target),
    headers,
    length: readLength(headers.get("content-length") ?? "0"),
    modern,
    goesOn: modern && !/\bclose\b/i.test(headers.get("connection") ?? ""),
  };
}

function readFields(lines: readonly string[]): Map<string, string> {
  if (lines.length > MOST_FIELDS) throw new BadRequest(431, `there are more than ${MOST_FIELDS} header fields`);
  const headers = new Map<string, string>();
  for (const line of lines) {
    const colon = line.indexOf(":"), name = line.slice(0, colon).toLowerCase();
    if (colon < 1 || !TOKEN.test(name)) throw new BadRequest(400, "a header field is malformed");
    const value = withoutBlanks(line.slice(colon + 1));
    if (/[^\t\x20-\x7e\x80-\xff]/.test(value)) throw new BadRequest(400, "a header field has a control character");
    const before = headers.get(name);
    if (before !== undefined && SINGLE.has(name)) throw new BadRequest(400, `there are several fields ${name}`);
    headers.set(name, before === undefined ? value : `${before}, ${value}`);
  }
  return headers;
}

/** A text without spaces and tabs around it. A regular expression would take quadratic time for many of them inside. */
function withoutBlanks(text: string): string {
  const isBlank = (at: number) => text[at] === " " || text[at] === "\t";
  let from = 0, to = text.length;
  while (from < to && isBlank(from)) from++;
  while (to > from && isBlank(to - 1)) to--;
  return text.slice(from, to);
}

/** Fields that may be there only once, since two could contradict each other. */
const SINGLE: ReadonlySet<string> = new Set(["host", "content-length", "authorization", "origin", "content-type"]);

/** Reads `/path?query`, or the same behind the name of a host (RFC 9112, 3.2.2). */
function readTarget(target: string): Pick<RequestHead, "path" | "query"> {
  const [, path, query = ""] = /^(?:https?:\/\/[^/?#]+)?(\/[^?#]*|(?=\?|$))(?:\?([^#]*))?$/i.exec(target) ?? [];
  if (path === undefined || (path === "" && !/^http/i.test(target))) throw new BadRequest(400, "the path is malformed");
  try {
    return { path: decodeURIComponent(path) || "/", query: new URLSearchParams(query) };
  } catch {
    throw new BadRequest(400, "the path is malformed");
  }
}

function readLength(word: string): number {
  if (!/^\d{1,15}$/.test(word)) throw new BadRequest(400, "the length of the body is malformed");
  if (Number(word) > LONGEST_BODY) throw new BadRequest(413, `the body is longer than ${LONGEST_BODY} bytes`);
  return Number(word);
}
