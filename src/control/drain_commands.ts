import { LONGEST_TIME } from "../options/ranges.ts";
import { plural } from "../log/plural.ts";
import { answer, integer, refuse, type Reply, type ServiceCommand, type Session, SyntaxFault } from "./command.ts";
import { onChannel } from "./channel_commands.ts";
import type { ControlledService } from "./control_plane.ts";
import { findChannel } from "./find_channel.ts";
import { TIMED_OUT } from "./protocol.ts";

/** With a time, it answers once the channel is empty. */
export const drain = onChannel({
  name: "drain",
  parameters: "CH [SEC]",
  summary: "give the channel no new connections; after SEC close the rest",
  decisive: true,
  read: ([time]) => time === undefined ? undefined : seconds(time),
  act: async (find, limit, { groups, drain }, session) => {
    const { group, number, label } = find(), id = groups.idOf(group, number), drained = drain(group, number, limit);
    if (limit === undefined) {
      const left = groups.currentOf(id);
      return answer(`channel ${label} ${left === 0 ? "drained" : `draining, ${connections(left)} left`}`);
    }
    const outcome = await Promise.race([drained, over(session)]);
    if (outcome === undefined) return answer();
    const { how, closed, seconds: took } = outcome;
    if (how === "removed") return refuse(removed(label));
    if (how === "enabled") return refuse(`channel ${label} has been enabled again`);
    if (how === "replaced") return refuse(`another drain of channel ${label} has begun`);
    const rest = closed === 0 ? "" : `, ${connections(closed)} closed`;
    return answer(`channel ${label} drained after ${Math.round(took)} s${rest}`);
  },
});

export const shut = onChannel({
  name: "shut",
  parameters: "CH [oldest N]",
  summary: "close the channel's connections, or the N oldest",
  decisive: true,
  read: ([which, count]) => {
    if (which === undefined) return undefined;
    const oldest = count === undefined ? -1 : integer(count);
    if (which !== "oldest" || oldest < 0) throw new SyntaxFault();
    return oldest;
  },
  act: async (find, oldest, { close }) => {
    const { group, number, label } = find();
    return answer(`channel ${label}: ${connections(await close(group, number, oldest))} closed`);
  },
});

export const wait: ServiceCommand = {
  name: "wait",
  parameters: "[CH] idle|up [SEC]",
  summary: "wait until the channel or the service is idle, or the channel up",
  changes: false,
  decisive: true,
  scope: "service",
  run: async (words, session, service) => {
    if (words[0] === "idle") return await waitForService(words, session, service);
    const [word, what, time] = words;
    if (words.length < 2 || (what !== "idle" && what !== "up")) {
      if (word === "up") return refuse("wait up takes a channel: wait CH up");
      throw new SyntaxFault();
    }
    const { groups } = service, limit = time === undefined ? undefined : seconds(time);
    const { group, number, label } = findChannel(groups, word, session), id = groups.idOf(group, number);
    const isThere = groups.watch(id);
    const missing = () => {
      if (what === "up") return groups.keptOutBy(id).join(", ");
      const left = groups.currentOf(id);
      return left === 0 ? "" : connections(left);
    };
    const look = () => !isThere() ? "removed" : missing() === "" ? "reached" : undefined;
    const found = await service.waitUntil(look, { seconds: limit, over: session.over });
    if (session.over?.aborted) return answer();
    if (found === "removed") return refuse(removed(label));
    if (found === "reached") return answer(`channel ${label} is ${what}`);
    const state = what === "up" ? `is kept out of service: ${missing()}` : `has ${missing()}`;
    return refuse(`${TIMED_OUT}: channel ${label} ${state}`);
  },
};

async function waitForService(words: readonly string[], session: Session, service: ControlledService): Promise<Reply> {
  if (words.length > 2) throw new SyntaxFault();
  const limit = words[1] === undefined ? undefined : seconds(words[1]);
  let left = 0;
  const look = (now: ControlledService) => (left = now.connections) === 0 ? true : undefined;
  const idle = await service.waitUntil(look, { seconds: limit, over: session.over });
  if (session.over?.aborted) return answer();
  return idle ? answer("the service is idle") : refuse(`${TIMED_OUT}: the service has ${connections(left)}`);
}

function connections(count: number): string {
  return `${count} ${plural(count, "connection")}`;
}

function removed(label: string): string {
  return `channel ${label} has been removed`;
}

/** A time in seconds. @throws {SyntaxFault} */
function seconds(word: string): number {
  if (!/^\d{1,10}(\.\d{1,3})?$/.test(word) || Number(word) > LONGEST_TIME) throw new SyntaxFault();
  return Number(word);
}

/** Resolves when nobody waits for the session's replies any more. */
function over({ over }: Session): Promise<undefined> {
  return new Promise((resolve) => {
    if (over?.aborted) resolve(undefined);
    else over?.addEventListener("abort", () => resolve(undefined), { once: true });
  });
}
