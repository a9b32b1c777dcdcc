import { escape } from "../log/escape.ts";
import * as access from "./access_commands.ts";
import * as channel from "./channel_commands.ts";
import {
  answer,
  type Command,
  Overtaken,
  type ProcessCommand,
  refuse,
  Refused,
  type Reply,
  type Session,
  SyntaxFault,
} from "./command.ts";
import type { ControlledService, ControlPlane } from "./control_plane.ts";
import * as draining from "./drain_commands.ts";
import { health } from "./health_command.ts";
import * as connection from "./connection_commands.ts";
import { SYNTAX_ERROR } from "./protocol.ts";
import * as service from "./service_commands.ts";
import * as session from "./session_commands.ts";
import * as sticky from "./sticky_commands.ts";
import { why } from "./why_command.ts";

const help: ProcessCommand = {
  name: "help",
  alias: "?",
  parameters: "",
  summary: "show this list",
  changes: false,
  scope: "process",
  run: () => answer(...helpLines()),
};

/**
 * All commands, in the order in which a prefix is looked up. Balance's come first and in its order (Balance manual), so
 * that every abbreviation keeps its meaning.
 */
export const commands: readonly Command[] = [
  session.quit,
  session.show,
  help,
  session.kill,
  channel.disable,
  session.group,
  channel.reset,
  channel.enable,
  channel.create,
  channel.assign,
  channel.maxc,
  channel.mrtgBytes,
  channel.mrtgConns,
  session.version,
  channel.hash,
  channel.rr,
  service.service,
  service.services,
  service.save,
  service.reload,
  service.upgrade,
  channel.least,
  channel.random,
  channel.stable,
  channel.first,
  channel.weight,
  draining.drain,
  draining.shut,
  draining.wait,
  health,
  sticky.forget,
  access.allow,
  access.deny,
  access.unban,
  connection.close,
  why,
];

/**
 * Runs one line. If the line is wrong, the reply says so; only a fault in the program itself is thrown.
 *
 * @param line a command, or any prefix of its name, and its words
 */
export async function execute(line: string, session: Session, plane: ControlPlane): Promise<Reply> {
  const [word, ...words] = line.split(/\s+/).filter((part) => part !== "");
  if (word === undefined) return answer();
  const command = findCommand(word);
  if (command === undefined || !accepts(command, words.length)) return refuse(SYNTAX_ERROR);
  const logged = command.changes && !command.ofProcess;
  if (logged && plane.frozen !== undefined) return refuse(plane.frozen);
  try {
    const where = placeOf(command, session, plane);
    const { effect, group, ...reply } = await run(command, words, session, plane);
    if (logged && reply.ok) plane.changed([command.name, ...words].join(" ") + where(group), reply.lines.join(" "));
    effect?.();
    return reply;
  } catch (error) {
    if (error instanceof SyntaxFault) return refuse(SYNTAX_ERROR);
    if (error instanceof Refused) return error.reply;
    if (isOfOtherVersion(error)) return refuse(OTHER_VERSION);
    throw error;
  }
}

/** The reply when what a command needs is loaded for the first time, and its file has been replaced since the start. */
const OTHER_VERSION =
  "the program's files are another version's by now, and this command needs one of them: upgrade first";

/** Whether a module could not be linked, because its file does not fit those that run already. */
function isOfOtherVersion(error: unknown): boolean {
  return error instanceof SyntaxError && error.message.startsWith("The requested module ");
}

/** The command that a word stands for: the first one that begins with it. */
export function findCommand(word: string): Command | undefined {
  return commands.find(({ name, alias }) => name.startsWith(word) || alias === word);
}

async function run(command: Command, words: readonly string[], session: Session, plane: ControlPlane): Promise<Reply> {
  if (command.scope === "process") return await command.run(words, session, plane);
  const current = service.currentService(session, plane);
  if (isReply(current)) return current;
  return await command.run(words, session, {
    ...current,
    resolve: lasting(current.resolve, current, plane),
    operators: lasting(current.operators, current, plane),
    waitUntil: (look, options) =>
      current.waitUntil((now) => {
        mustServe(current, plane);
        return look(now);
      }, options),
  });
}

/** Does what may take a while. What may have happened meanwhile ends the command before it changes anything. */
function lasting<P extends unknown[], T>(
  act: (...parameters: P) => Promise<T>,
  current: ControlledService,
  plane: ControlPlane,
): (...parameters: P) => Promise<T> {
  return async (...parameters) => {
    const found = await act(...parameters);
    if (plane.frozen !== undefined) throw new Overtaken(refuse(plane.frozen));
    mustServe(current, plane);
    return found;
  };
}

/** What a change is made to, for the log: in the session's group unless the reply names another. */
function placeOf({ scope }: Command, session: Session, plane: ControlPlane): (group?: number) => string {
  const alone = scope === "process" || plane.services.length < 2, before = session.group;
  const service = alone ? "" : `service ${escape(session.service ?? plane.services[0].name)} `;
  return (group = before) => ` (${service}group ${group})`;
}

/** @throws {Overtaken} when the service has been removed */
function mustServe(current: ControlledService, plane: ControlPlane): void {
  if (plane.services.some(({ groups }) => groups === current.groups)) return;
  throw new Overtaken(service.gone(current.name));
}

function isReply(found: ControlledService | Reply): found is Reply {
  return "ok" in found;
}

function accepts({ parameters }: Command, count: number): boolean {
  const all = parameters.split(" ").filter((parameter) => parameter !== "");
  const optional = all.findIndex((parameter) => parameter.startsWith("["));
  const most = all.at(-1)?.endsWith("...]") ? Infinity : all.length;
  return count <= most && count >= (optional < 0 ? all.length : optional);
}

function helpLines(): string[] {
  const heads = commands.map(({ name, alias, parameters }) =>
    [alias === undefined ? name : `${name}, ${alias}`, parameters].join(" ").trim()
  );
  // A longer one does not push the summaries of the others away.
  const width = Math.max(...heads.map((head) => head.length).filter((length) => length <= LONGEST_HEAD));
  return commands.map(({ summary }, i) => `  ${heads[i].padEnd(width)}  ${summary}`);
}

/** Longest command with its words that the column of summaries lies behind. */
const LONGEST_HEAD = 36;
