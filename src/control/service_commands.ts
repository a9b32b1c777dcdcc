import { escape, quote } from "../log/escape.ts";
import { answer, answerAll, type ProcessCommand, refuse, type Reply, type Session, SyntaxFault } from "./command.ts";
import { servicesOf, suggestion } from "./choose_service.ts";
import type { ControlledService, ControlPlane } from "./control_plane.ts";
import { toJson } from "./json.ts";

/** The end of replies of a process that was started without a file. */
const NO_FILE = "this process was started without a file of services";

/** The service that a session is in; a reply that says why there is none. */
export function currentService(session: Session, { services }: ControlPlane): ControlledService | Reply {
  const { service } = session;
  if (service === undefined) {
    if (services.length === 0) return refuse("there is no service");
    // From now on it is this one: another may come before it.
    session.service = services[0].name;
    return services[0];
  }
  return services.find(({ name }) => name === service) ?? gone(service);
}

/** The reply when a session's service has been removed. Nothing is done to another service in its place. */
export function gone(name: string): Reply {
  return refuse(`service ${quote(name)} has been removed; choose another with: service NAME`);
}

export const service: ProcessCommand = {
  name: "service",
  parameters: "[NAME]",
  summary: "choose a service by name or port, or show the current one",
  changes: false,
  scope: "process",
  run: ([word], session, plane) => {
    if (word === undefined) {
      const current = currentService(session, plane);
      return "ok" in current ? current : answer(escape(current.name));
    }
    const [found, ...others] = servicesOf(plane.services, word);
    if (found === undefined) return refuse(`no such service ${quote(word)}${suggestion(plane.services, word)}`);
    if (others.length > 0) {
      const names = [found, ...others].map(({ name }) => quote(name)).join(", ");
      return refuse(`several services are on port ${quote(word)}: ${names}`);
    }
    // Another service has groups of its own.
    if (session.service !== found.name) session.group = 0;
    session.service = found.name;
    return answer();
  },
};

export const services: ProcessCommand = {
  name: "services",
  parameters: "[json]",
  summary: "show all services: ports, channels, connections",
  changes: false,
  scope: "process",
  run: async ([form], session, plane) => {
    // No process needs them before somebody asks.
    const [{ instanceSummary }, { servicesTable }] = await Promise.all([
      import("./instance_state.ts"),
      import("./services_table.ts"),
    ]);
    const summary = await instanceSummary(session, plane);
    if (form === undefined) return answerAll(servicesTable(summary.services));
    if (form !== "json") throw new SyntaxFault();
    return answer(toJson(summary));
  },
};

export const save: ProcessCommand = {
  name: "save",
  parameters: "",
  summary: "write the running state to the file of services",
  changes: true,
  scope: "process",
  run: (_, __, plane) => plane.save?.() ?? refuse(`nothing to save to: ${NO_FILE}`),
};

export const reload: ProcessCommand = {
  name: "reload",
  parameters: "[--dry-run]",
  summary: "apply the changes in the file, or only show them",
  changes: true,
  ofProcess: true,
  scope: "process",
  run: ([option], _, plane) => {
    const dryRun = option === "--dry-run";
    if (option !== undefined && !dryRun) throw new SyntaxFault();
    if (plane.frozen !== undefined && !dryRun) return refuse(plane.frozen);
    return plane.reload?.(dryRun) ?? refuse(`nothing to reload: ${NO_FILE}`);
  },
};

export const upgrade: ProcessCommand = {
  name: "upgrade",
  parameters: "",
  summary: "replace the program with the one on disk",
  changes: true,
  ofProcess: true,
  scope: "process",
  run: (_, __, plane) => {
    if (plane.frozen !== undefined) return refuse(plane.frozen);
    return plane.upgrade?.() ?? refuse("this process cannot be upgraded");
  },
};
