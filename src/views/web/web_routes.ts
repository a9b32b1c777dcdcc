import { escapeJson } from "../../log/escape.ts";
import { Slices } from "../../state/slices.ts";
import { type HttpAnswer, type HttpRequest, type Route, textAnswer } from "../http/route.ts";
import { ActionFault, readAction } from "./action.ts";
import type { Guard, Wanted } from "./guard.ts";
import { type PageFile, readPageFiles } from "./page_files.ts";
import { MOST_VIEWERS, Viewers } from "./viewers.ts";
import type { WebSource } from "./web_source.ts";
import { whyCommand } from "./why_query.ts";

/** Most failures that can be asked for. */
const MOST_FAILURES = 1000;

/** What a browser is told about every answer. The page runs its own scripts and speaks with its own program only. */
const PROTECTION: Readonly<Record<string, string>> = {
  "content-security-policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
  "x-frame-options": "DENY",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
};

/** The page and its API. */
export interface Web {
  readonly routes: readonly Route[];
  /** Sends all viewers away. */
  close(): void;
}

/** @throws {Error} if the files of the page cannot be read */
export async function openWeb(source: WebSource, guard: Guard): Promise<Web> {
  const files = await readPageFiles(), viewers = new Viewers(source, guard.changes);
  const api = (path: string, wanted: Wanted, answer: Route["answer"]): Route => ({
    path: `/api/v1/${path}`,
    methods: [wanted === "change" ? "POST" : "GET"],
    answer: async (request) => protect(await guard.refuse(request, wanted) ?? await answer(request)),
  });
  return {
    routes: [
      ...[...files].map(([path, file]): Route => ({ path, answer: (request) => protect(fileAnswer(file, request)) })),
      api("state", "see", async () => jsonAnswer(await source.state(new Slices(1)))),
      api("failures", "see", ({ query }) => failures(source, query)),
      api("log", "see", () => jsonAnswer(JSON.stringify(source.lines()))),
      api("events", "see", (request) => events(viewers, request)),
      api("why", "see", ({ query }) => why(source, query)),
      api("act", "change", (request) => act(source, request)),
    ],
    close: () => viewers.close(),
  };
}

function protect(answer: HttpAnswer): HttpAnswer {
  return { ...answer, headers: { ...PROTECTION, ...answer.headers } };
}

/** The files hold nothing that is worth a token. A browser asks for them again each time, and gets those that changed. */
function fileAnswer({ type, bytes, tag }: PageFile, { headers }: HttpRequest): HttpAnswer {
  const fields = { "content-type": type, etag: tag, "cache-control": "no-cache" };
  return headers.get("if-none-match") === tag
    ? { status: 304, headers: fields }
    : { status: 200, headers: fields, body: bytes };
}

function jsonAnswer(json: string, status = 200): HttpAnswer {
  return { status, headers: { "content-type": "application/json" }, body: `${escapeJson(json)}\n` };
}

async function failures(source: WebSource, query: URLSearchParams): Promise<HttpAnswer> {
  const word = query.get("n") ?? "100";
  if (!/^\d{1,4}$/.test(word) || Number(word) > MOST_FAILURES) {
    return textAnswer(400, `n must be a whole number from 0 to ${MOST_FAILURES}`);
  }
  return jsonAnswer(JSON.stringify(await source.failures(Number(word))));
}

function events(viewers: Viewers, { over, headers }: HttpRequest): HttpAnswer {
  const gzip = /\bgzip\b(?!\s*;\s*q=0(\.0*)?\s*(,|$))/.test(headers.get("accept-encoding") ?? "");
  const body = viewers.open(over, gzip ? "gzip" : "plain");
  if (body === undefined) return textAnswer(503, `${MOST_VIEWERS} others look at the page, no more can`);
  const coding: Record<string, string> = gzip ? { "content-encoding": "gzip", vary: "accept-encoding" } : {};
  // Proxies on the way should not wait for more.
  return { status: 200, headers: { "content-type": "text/event-stream", "x-accel-buffering": "no", ...coding }, body };
}

async function why(source: WebSource, query: URLSearchParams): Promise<HttpAnswer> {
  const command = whyCommand(query);
  if (typeof command !== "string") return textAnswer(400, command.fault);
  const { ok, lines } = await source.run(command, { service: query.get("service") ?? undefined, group: 0 });
  // One line of JSON.
  return ok ? jsonAnswer(lines.join("")) : textAnswer(422, lines.join("\n"));
}

async function act(source: WebSource, { headers, body }: HttpRequest): Promise<HttpAnswer> {
  if (!/^application\/json\b/i.test(headers.get("content-type") ?? "")) {
    return textAnswer(415, "the body must be application/json");
  }
  try {
    const { command, ...where } = readAction(body), { ok, lines } = await source.run(command, where);
    return ok ? jsonAnswer(JSON.stringify({ lines })) : textAnswer(409, lines.join("\n"));
  } catch (error) {
    if (error instanceof ActionFault) return textAnswer(400, error.message);
    throw error;
  }
}
