/** What a client asks for. */
export interface HttpRequest {
  /** `GET`, `HEAD` or another that the route takes. */
  readonly method: string;
  /** Decoded, without the query; begins with a slash. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** By names in lower case; several of one name are joined by commas. */
  readonly headers: ReadonlyMap<string, string>;
  /** At most 64 KiB; empty if there is none. */
  readonly body: Uint8Array;
  /** Numeric address of the client; empty over a Unix socket. */
  readonly client: string;
  /** Whether only this machine can connect: over loopback or a Unix socket. */
  readonly loopback: boolean;
  /** Fires when the client has gone or the server closes: a stream is to end then. */
  readonly over: AbortSignal;
}

/** What it gets. */
export interface HttpAnswer {
  readonly status: number;
  /** By names in lower case. Length, date and connection are added. */
  readonly headers?: Readonly<Record<string, string>>;
  /**
   * Default: none. Of a stream, one chunk is asked for at a time, and only once the client has taken the one before. A list
   * is no stream: its length is known.
   */
  readonly body?: string | Uint8Array | readonly Uint8Array[] | AsyncIterable<Uint8Array>;
}

/** One thing that can be asked for. */
export interface Route {
  /** The whole path, or its beginning and `*`. */
  readonly path: string;
  /** Default: `GET`. `HEAD` is answered wherever `GET` is. */
  readonly methods?: readonly string[];
  answer(request: HttpRequest): HttpAnswer | Promise<HttpAnswer>;
}

/** A short text, for people and scripts. */
export function textAnswer(status: number, text: string): HttpAnswer {
  return { status, headers: { "content-type": "text/plain; charset=utf-8" }, body: `${text}\n` };
}

/** Answers a request by one of the routes: the first whose path fits. */
export async function answerBy(routes: readonly Route[], request: HttpRequest): Promise<HttpAnswer> {
  const fitting = routes.filter(({ path }) => fits(path, request.path));
  if (fitting.length === 0) return textAnswer(404, "there is nothing at this path");
  const method = request.method === "HEAD" ? "GET" : request.method;
  const route = fitting.find(({ methods = ["GET"] }) => methods.includes(method));
  if (route !== undefined) return await route.answer(request);
  const allowed = fitting.flatMap(({ methods = ["GET"] }) => methods);
  const all = [...new Set(allowed.flatMap((name) => name === "GET" ? ["GET", "HEAD"] : [name]))].join(", ");
  const answer = textAnswer(405, `this path takes ${all}`);
  return { ...answer, headers: { ...answer.headers, allow: all } };
}

function fits(pattern: string, path: string): boolean {
  return pattern.endsWith("*") ? path.startsWith(pattern.slice(0, -1)) : path === pattern;
}
