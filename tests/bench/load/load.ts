/**
 * The load process: the back end and all clients in one thread on libc's epoll. It reads a command a line from standard
 * input and writes a reply a line; between commands it sleeps and uses no processor time.
 */
import { BackEnd } from "./back_end.ts";
import type { Command, Commands, Reply } from "./commands.ts";
import { now } from "./libc.ts";
import { Loop } from "./loop.ts";
import { latencyOf, PATIENCE } from "./paced.ts";
import { BesideStreams } from "./traffic/beside_streams.ts";
import { FixedRate } from "./traffic/fixed_rate.ts";
import { Held } from "./traffic/held.ts";
import { KeepAlive } from "./traffic/keep_alive.ts";
import { NewConnections } from "./traffic/new_connections.ts";
import { Streams } from "./traffic/streams.ts";
import type { Traffic } from "./traffic/traffic.ts";
import { measureWindow, runUntil } from "./window.ts";

/** Seconds until connections that are no longer wanted must be gone. */
const SETTLE = 10;
/** Connections opened at a time; more could overflow a proxy's queue, and a dropped SYN costs a second. */
const ABREAST = 64;

const loop = new Loop(), backEnd = new BackEnd(loop), held = new Held(loop);

function perform(command: Command): unknown {
  switch (command.name) {
    case "keepAlive":
      return during(
        new KeepAlive(loop, command.port, command.connections),
        (traffic) => measureWindow(loop, traffic, command.pids, command),
      );
    case "newConnections":
      return during(
        new NewConnections(loop, command.port, command.connections, command.hello),
        (traffic) => measureWindow(loop, traffic, command.pids, command),
      );
    case "streams":
      return during(
        new Streams(loop, command.port, command.connections),
        (traffic) => measureWindow(loop, traffic, command.pids, command),
      );
    case "fixedRate":
      return during(
        new FixedRate(loop, command.port, command.connections, command.rate, command.warmUp + command.seconds),
        (traffic) => latencyOf(loop, traffic, command),
      );
    case "besideStreams":
      return during(
        new BesideStreams(loop, command.port, command.connections, command.rates, command.warmUp + command.seconds),
        (traffic) => besideStreams(traffic, command),
      );
    case "hold":
      return hold(command.port, command.connections);
    case "release":
      held.close();
      return settle();
    case "firstAnswer":
      return firstAnswer(command.port, command.within);
    case "answers":
      return answers(command.ports, command.within);
  }
}

function during<T extends Traffic, Answer>(traffic: T, measure: (traffic: T) => Answer): Answer {
  try {
    return measure(traffic);
  } finally {
    // Streams end at their source, or a proxy would go on filling the sockets of clients that have gone.
    backEnd.endStreams();
    traffic.close();
    settle();
  }
}

/** Waits until the back end has only the connections that are held. */
function settle(): null {
  runUntil(loop, () => backEnd.connections <= held.size, SETTLE, "closing connections");
  return null;
}

function besideStreams(
  traffic: BesideStreams,
  { rates, warmUp }: Commands["besideStreams"]["ask"],
): Commands["besideStreams"]["answer"] {
  traffic.run(PATIENCE);
  return {
    requests: traffic.requests.pace.result(Math.round(warmUp * rates.requests)),
    connections: traffic.connections.pace.result(Math.round(warmUp * rates.connections)),
    bytes: traffic.moved,
    seconds: traffic.seconds,
  };
}

function hold(port: number, connections: number): null {
  while (held.size < connections) {
    for (let i = 0; i < ABREAST && held.size < connections; i++) held.open(port);
    runUntil(loop, () => held.done === held.size, SETTLE, "opening idle connections");
  }
  return null;
}

function firstAnswer(port: number, within: number): null {
  const first = new Held(loop);
  openOnce(first, port, within);
  runUntil(loop, () => first.done === 1, within, "the first answer");
  first.close();
  return settle();
}

function answers(ports: readonly number[], within: number): null {
  const opened = new Held(loop);
  for (const [i, port] of ports.entries()) {
    openOnce(opened, port, within);
    if (i % ABREAST === 0) runUntil(loop, () => opened.done === opened.size, within, "answers");
  }
  runUntil(loop, () => opened.done === ports.length, within, "answers");
  opened.close();
  return settle();
}

/** Connects as soon as somebody listens. */
function openOnce(held: Held, port: number, within: number): void {
  for (const end = now() + within;;) {
    try {
      return void held.open(port);
    } catch (error) {
      if (now() > end) throw error;
      loop.turn(0);
    }
  }
}

function attempt(command: Command): Reply {
  try {
    return { answer: perform(command) };
  } catch (error) {
    held.close();
    backEnd.closeAll();
    return { error: (error as Error).message };
  }
}

const encoder = new TextEncoder();
function write(value: unknown): void {
  const bytes = encoder.encode(JSON.stringify(value) + "\n");
  for (let offset = 0; offset < bytes.length;) offset += Deno.stdout.writeSync(bytes.subarray(offset));
}

function* lines(): Generator<string> {
  const decoder = new TextDecoder(), buffer = new Uint8Array(4096);
  let text = "";
  for (let length = Deno.stdin.readSync(buffer); length !== null; length = Deno.stdin.readSync(buffer)) {
    const parts = (text + decoder.decode(buffer.subarray(0, length), { stream: true })).split("\n");
    text = parts.pop()!;
    yield* parts;
  }
}

write({ port: backEnd.port });
for (const line of lines()) write(attempt(JSON.parse(line)));
Deno.exit(0);
