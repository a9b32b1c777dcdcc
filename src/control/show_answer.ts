import { quote } from "../log/escape.ts";
import { showAccess } from "./access_commands.ts";
import { servicesOf, suggestion } from "./choose_service.ts";
import { showClients } from "./client_commands.ts";
import { answer, answerAll, refuse, type Reply, type Session, SyntaxFault } from "./command.ts";
import { showConnections } from "./connection_commands.ts";
import type { ControlledService, ControlPlane } from "./control_plane.ts";
import { showFailed } from "./failures_command.ts";
import { instanceJson } from "./instance_state.ts";
import { currentService } from "./service_commands.ts";
import { type LinesOf, linesOfServices, ofSnapshot } from "./service_lines.ts";
import { serviceLines, showTable } from "./show.ts";
import { healthTable } from "./show_health.ts";
import { showSticky } from "./sticky_commands.ts";

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

/** What `show` answers. */
export async function showAnswer(
  [what, ...words]: readonly string[],
  session: Session,
  plane: ControlPlane,
): Promise<Reply> {
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
}

/** One table for each service; if there are several, below a heading. @param none the table if there is no service */
async function tables({ services }: ControlPlane, linesOf: LinesOf, none: readonly string[]) {
  return services.length === 0 ? none : await linesOfServices(services, linesOf, services.length > 1);
}
