/**
 * Mixed load for SECONDS (first argument, default 120) on each engine, or on ENGINE (second argument): keep-alive, new
 * connections, bulk, half-close, resets, a flapping back end. Prints memory, descriptors and counters every few
 * seconds; exit code 1 when something grows, is lost, or goes wrong.
 */
import { Backend } from "../support/backend.ts";
import { echoBackend } from "../support/backends.ts";
import { within } from "../support/eventually.ts";
import { freePort } from "../support/free_port.ts";
import { digestOf, pattern } from "../support/pattern.ts";
import { ResettingClient } from "../support/resetting.ts";
import { readChunks, writeAll } from "../support/streams.ts";
import type { Balance } from "./balance.ts";
import { FlappingBackend } from "./flapping_backend.ts";
import { pause, show } from "./patience.ts";
import { descriptorsOf, residentMemory } from "./process_figures.ts";
import { ENGINES, Subject } from "./subject.ts";

const MEGABYTE = 2 ** 20;

/** Resident memory may be so much larger in the last quarter than in the second one. */
const GROWTH = 8 * MEGABYTE;

/** Seconds between two lines. */
const INTERVAL = 5;

const BULK = pattern(4 * MEGABYTE), BULK_DIGEST = digestOf(BULK);
const HALF = pattern(100_000), HALF_DIGEST = digestOf(HALF);

const encoder = new TextEncoder(), say = (line: string) => Deno.stdout.writeSync(encoder.encode(line + "\n"));

/** An answer that is not what was sent. */
class Corrupt extends Error {}

/** An answer that is not as it must be: of another length, or other bytes. Nothing at all is a connection lost. */
function unlike(length: number): Error {
  return length === 0 ? new Error("no answer") : new Corrupt(`${length} bytes that are not those that were sent`);
}

/** What a client asks a back end to do, by its first byte. */
const ASK = { ECHO: 1, BULK: 2, HALF_CLOSE: 3 } as const;

/** Each kind of client: does one piece of work through the target, and throws when it is not as it must be. */
const CLIENTS: Readonly<Record<string, (target: Balance) => Promise<void>>> = {
  "keep-alive": async (target) => {
    using client = await target.client();
    await client.send(Uint8Array.of(ASK.ECHO));
    for (let i = 0; i < 200; i++) {
      await client.send("ping");
      if (new TextDecoder().decode(await client.readExactly(4)) !== "ping") throw new Corrupt("wrong echo");
    }
  },
  "new connections": async (target) => {
    using client = await target.client();
    await client.send(Uint8Array.of(ASK.ECHO, 7));
    if ((await client.readExactly(1))[0] !== 7) throw new Corrupt("wrong echo");
  },
  bulk: async (target) => {
    using client = await target.client();
    await client.send(Uint8Array.of(ASK.BULK));
    const { length, sha256 } = await client.readToEnd();
    if (length !== BULK_DIGEST.length || sha256 !== BULK_DIGEST.sha256) throw unlike(length);
    await pause(50);
  },
  "half-close": async (target) => {
    using client = await target.client();
    await client.send(Uint8Array.of(ASK.HALF_CLOSE));
    await client.send(HALF);
    await client.finish();
    const { length, sha256 } = await client.readToEnd();
    if (length !== HALF_DIGEST.length || sha256 !== HALF_DIGEST.sha256) throw unlike(length);
  },
  resets: async (target) => {
    using client = await ResettingClient.connect(target.port);
    await client.send(Uint8Array.of(ASK.BULK));
    await within(10, "wait for the first bytes", client.firstBytes());
    client.reset();
    await pause(20);
  },
};

async function serve(connection: Deno.TcpConn): Promise<void> {
  const ask = new Uint8Array(1);
  if (await connection.read(ask) === null) return;
  if (ask[0] === ASK.BULK) {
    await writeAll(connection, BULK);
    await connection.closeWrite();
    await readChunks(connection, () => {});
  } else if (ask[0] === ASK.HALF_CLOSE) {
    const parts: Uint8Array[] = [];
    await readChunks(connection, (bytes) => parts.push(bytes.slice()));
    for (const part of parts) await writeAll(connection, part);
  } else await readChunks(connection, (bytes) => writeAll(connection, bytes));
}

/** Makes a back end come and go. It leaves when it has nobody left to accept, as one that is shut down with care. */
async function flap(backend: FlappingBackend, end: number): Promise<void> {
  while (performance.now() < end) {
    backend.appear();
    await pause(200);
    backend.vanish();
    await pause(200);
  }
}

/** @returns what went wrong */
async function soak(engine: string, seconds: number): Promise<string[]> {
  await using one = new Backend(serve);
  await using two = new Backend(serve);
  await using refusing = new FlappingBackend(freePort(), serve);
  await using standby = echoBackend();
  refusing.vanish();
  await using target = await new Subject(engine).balance([
    `127.0.0.1:${one.port}`,
    `127.0.0.1:${refusing.port}`,
    `127.0.0.1:${two.port}`,
    "!",
    `127.0.0.1:${standby.port}`,
  ]);
  const nothingLeaked = await target.watchForLeaks();
  const end = performance.now() + seconds * 1000,
    done: Record<string, number> = {},
    wrong: string[] = [],
    lost: string[] = [];
  const work = Object.entries(CLIENTS).map(async ([kind, act]) => {
    done[kind] = 0;
    while (performance.now() < end) {
      try {
        await act(target);
        done[kind]++;
      } catch (error) {
        if (error instanceof Corrupt) wrong.push(`${kind}: ${error.message}`);
        else lost.push(`${kind}: ${(error as Error).message}`);
        await pause(100);
      }
    }
  });
  const flapping = flap(refusing, end);
  const memory: number[] = [];
  while (performance.now() < end) {
    await pause(Math.min(INTERVAL * 1000, Math.max(0, end - performance.now())));
    const { all, pipes } = descriptorsOf(target.pid), { connections, groups } = await target.state();
    memory.push(residentMemory(target.pid));
    const total = groups.flatMap(({ channels }) => channels).reduce((sum, channel) => sum + channel.total, 0);
    const counts = Object.entries(done).map(([kind, count]) => `${kind} ${count}`).join(", ");
    say(
      `${engine}: ${show(memory.at(-1)! / MEGABYTE)} MB, ${all} descriptors (${pipes} of pipes), ` +
        `${connections} connections now, ${total} so far; ${counts}; ${lost.length} lost, ${wrong.length} wrong`,
    );
  }
  await Promise.all([...work, flapping]);
  const channels = await target.channels();
  const connected = channels.reduce((sum, { total, failed }) => sum + total - failed, 0);
  const dropped = connected - [one, two, refusing, standby].reduce((sum, { accepted }) => sum + accepted, 0);
  if (lost.length > dropped) wrong.push(`${lost.length} lost, ${dropped} dropped by the flapping back end`, ...lost);
  for (const kind in done) if (done[kind] === 0) wrong.push(`${kind}: never done`);
  const quarter = Math.floor(memory.length / 4), peak = (part: number[]) => Math.max(...part);
  if (quarter > 0) {
    const growth = peak(memory.slice(-quarter)) - peak(memory.slice(quarter, 2 * quarter));
    if (growth > GROWTH) wrong.push(`memory grew by ${show(growth / MEGABYTE)} MB`);
  }
  await nothingLeaked().catch((error) => wrong.push((error as Error).message));
  return wrong;
}

if (import.meta.main) {
  const seconds = Number(Deno.args[0] ?? 120);
  if (!(seconds > 0)) throw new TypeError(`Cannot soak: ${Deno.args[0]} is no number of seconds`);
  const engines = ENGINES.filter((engine) => Deno.args[1] === undefined || Deno.args[1] === engine);
  if (engines.length === 0) throw new TypeError(`Cannot soak: ${Deno.args[1]} is no engine, there are ${ENGINES}`);
  let failed = false;
  for (const engine of engines) {
    const wrong = await soak(engine, seconds);
    failed ||= wrong.length > 0;
    for (const line of wrong.slice(0, 20)) say(`${engine}: WRONG: ${line}`);
    say(`${engine}: ${wrong.length === 0 ? "nothing grew, nothing was lost" : `${wrong.length} failures`}`);
  }
  Deno.exit(failed ? 1 : 0);
}
