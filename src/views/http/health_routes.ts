import type { Groups } from "../../groups/groups.ts";
import { usableGroup } from "../../groups/usable_group.ts";
import { quote } from "../../log/escape.ts";
import { MAX_GROUPS } from "../../table/limits.ts";
import { type HttpAnswer, type HttpRequest, type Route, textAnswer } from "./route.ts";

/** What can be asked about the health of a process. */
export interface Judged {
  /** Whether it is about to stop, or stops. */
  readonly leaving?: boolean;
  readonly services: readonly { readonly name: string; readonly groups: Groups }[];
}

/**
 * `/healthz`: the process runs. `/readyz`: clients of every service get a channel, by the rules of `--health`; with
 * `?service=NAME` and `?group=G`, only of that service and group.
 */
export function healthRoutes(judged: Judged): Route[] {
  return [
    { path: "/healthz", answer: () => textAnswer(200, "ok") },
    { path: "/readyz", answer: ({ query }) => readiness(judged, query) },
  ];
}

function readiness({ leaving, services: all }: Judged, query: HttpRequest["query"]): HttpAnswer {
  const name = query.get("service"), word = query.get("group"), only = word === null ? undefined : Number(word);
  const isGroup = only === undefined || (/^\d{1,3}$/.test(word!) && only < MAX_GROUPS);
  if (!isGroup) return textAnswer(400, `bad: there is no group ${quote(word!)}`);
  if (leaving) return textAnswer(503, "bad: about to stop");
  const services = all.filter((service) => name === null || service.name === name);
  if (services.length === 0) {
    return name === null
      ? textAnswer(503, "bad: there is no service")
      : textAnswer(404, `bad: there is no service ${quote(name)}`);
  }
  const bad = services.filter(({ groups }) => usableGroup(groups, only) === undefined);
  if (bad.length === 0) return textAnswer(200, "good");
  const what = only === undefined ? "no channel" : `no channel of group ${only}`;
  return textAnswer(503, bad.map(({ name }) => `bad: service ${quote(name)}: ${what} is usable`).join("\n"));
}
