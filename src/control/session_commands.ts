import { quote } from "../log/escape.ts";
import { type LinesOf, linesOfServices, ofSnapshot } from "./service_lines.ts";
import { MAX_CHANNELS, MAX_GROUPS } from "../table/limits.ts";
import { showAccess } from "./access_commands.ts";
import { servicesOf, suggestion } from "./choose_service.ts";
import { showClients } from "./client_commands.ts";
import {
  answer,
  answerAll,
  integer,
  type ProcessCommand,
  refuse,
  type Reply,
  type Session,
  SyntaxFault,
} from "./command.ts";
import type { ControlledService, ControlPlane } from "./control_plane.ts";
import { showFailed } from "./failures_command.ts";
import { showConnections } from "./connection_commands.ts";
import { instanceJson } from "./instance_state.ts";
import { currentService } from "./service_commands.ts";
import { serviceLines, showTable } from "./show.ts";
import { healthTable } from "./show_health.ts";
import { showSticky } from "./sticky_commands.ts";

export const quit: ProcessCommand = {
  name: "quit",
  parameters: "",
  summary: "end the session",
  changes: false,
  scope: "process",
  run: () => ({ ok: true, lines: [], end: true }),
};

/** What `show` shows of the current service, by its own word and, if there is one, the next. */
const OF_SERVICE: Readonly<
  Record<string, (word: string | undefined, service: ControlledService, over?: AbortSignal) => Reply | Promise<Reply>>
> = {
  sticky: showSticky,
  access: showAccess,
  clients: showClients,
};

/** What `show` shows of the whole process, by its own word, with the words behind that. */
const OF_PROCESS: Readonly<
  Record<string, (words: readonly string[], session: Session, plane: ControlPlane) => Reply | Promise<Reply>>
> = {
  failed: showFailed,
  connections: (words, session, plane) => {
    const current = currentService(session, plane);
    return "ok" in current ? current : showConnections(words, session, current);
  },
};

export const show: ProcessCommand = {
  name: "show",
  parameters:
    "[json|config|health|sticky|access|clients|failed|connections|metrics|latency|NAME] [json|ADDR|N|older|client|channel] [WORD...]",
  summary:
    "show all services, as JSON or config, their health, sticky clients, who may come in, who has the most connections, which failed, which are open, metrics, how long things take, or one by name",
  changes: false,
  scope: "process",
  run: async ([what, ...words], session, plane) => {
    if (what === undefined) return answerAll(await tables(plane, ofSnapshot(serviceLines), showTable([])));
    if (Object.hasOwn(OF_PROCESS, what)) return await OF_PROCESS[what](words, session, plane);
    const [word, ...more] = words;
    if (more.length > 0) throw new SyntaxFault();
    if (Object.hasOwn(OF_SERVICE, what)) {
      const current = currentService(session, plane);
      return "ok" in current ? current : await OF_SERVICE[what](word, current, session.over);
    }
    if (word !== undefined) throw new SyntaxFault();
    if (what === "json") return answer(await instanceJson(session, plane));
    if (what === "config") {
      const lines = await plane.config?.();
      return lines === undefined ? refuse("this process cannot show its state as command lines") : answerAll(lines);
    }
    if (what === "health") {
      return answerAll(await tables(plane, ofSnapshot((_, groups) => healthTable(groups)), healthTable([])));
    }
    if (what === "metrics") {
      const more = await plane.metrics?.();
      return more === undefined ? refuse("this process has no metrics") : { ...answer(), more };
    }
    if (what === "latency") {
      // Loaded here, since few need it.
      const { latencyTable } = await import("./show_latency.ts");
      return answerAll(await tables(plane, latencyTable, []));
    }
    const found = servicesOf(plane.services, what);
    if (found.length > 0) return answerAll(await linesOfServices(found, ofSnapshot(serviceLines)));
    // Balance's own reply to a word that `show` does not know.
    if (plane.services.length < 2) throw new SyntaxFault();
    return refuse(`no such service ${quote(what)}${suggestion(plane.services, what)}`);
  },
};

export const kill: ProcessCommand = {
  name: "kill",
  parameters: "",
  summary: "free all ports, let connections finish, and exit",
  changes: true,
  scope: "process",
  run: (_, __, plane) => ({
    ok: true,
    lines: ["shutdown complete, exiting."],
    end: true,
    effect: () => plane.shutdown(),
  }),
};

export const group: ProcessCommand = {
  name: "group",
  parameters: "G",
  summary: "choose the group that channel numbers refer to",
  changes: false,
  scope: "process",
  run: ([word], session) => {
    const group = integer(word);
    if (group < 0 || group >= MAX_GROUPS) return refuse("value out of range");
    session.group = group;
    return answer();
  },
};

export const version: ProcessCommand = {
  name: "version",
  parameters: "",
  summary: "show the version and the limits",
  changes: false,
  scope: "process",
  run: (_, __, { version }) =>
    answer(`  This is balance ${version}`, `  MAXGROUPS=${MAX_GROUPS}`, `  MAXCHANNELS=${MAX_CHANNELS}`),
};

/** One table for each service; if there are several, below a heading. @param none the table if there is no service */
async function tables({ services }: ControlPlane, linesOf: LinesOf, none: readonly string[]) {
  return services.length === 0 ? none : await linesOfServices(services, linesOf, services.length > 1);
}
