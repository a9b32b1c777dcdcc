import type { Contender } from "../contender.ts";
import { PROGRAM } from "../contenders/this_program.ts";
import type { Measure } from "../measure.ts";
import type { Proxy, Stand } from "../stand.ts";
import { underLoad } from "./loads.ts";

/** As many as possible. */
const GROUPS = 32, CHANNELS = 64;

/** Groups in which the search finds channels; the first one has only its last channel enabled. */
const LATER = GROUPS / 2;

/**
 * What requests and new connections cost with 2,048 channels, half of them disabled, as multiples of what they cost with
 * one. Every search has to pass them: first groups without any enabled channel, then one in which only the last is.
 */
export const manyChannels: Measure<"requests" | "connections"> = {
  name: "many-channels",
  share: 1 / 3,
  metrics: {
    requests: { title: "CPU per request with 2,048 channels", unit: "x", better: "less", digits: 2 },
    connections: { title: "CPU per connection with 2,048 channels", unit: "x", better: "less", digits: 2 },
  },
  suits: (contender) => contender.engine !== undefined,
  async sample(stand, contender) {
    const one = await stand.shared(contender), many = await withManyChannels(stand, contender);
    const requests = await underLoad(stand, one, "keepAlive");
    const requestsMany = await underLoad(stand, many, "keepAlive");
    const connections = await underLoad(stand, one, "newConnections");
    const connectionsMany = await underLoad(stand, many, "newConnections");
    return {
      requests: requestsMany.processor / requests.processor,
      connections: connectionsMany.processor / connections.processor,
    };
  },
};

const prepared = new WeakSet<Proxy>();

async function withManyChannels(stand: Stand, contender: Contender): Promise<Proxy> {
  const group = Array<string>(CHANNELS).fill(`127.0.0.1:${stand.load.port}`);
  const words = Array.from({ length: GROUPS }, (_, index) => index === 0 ? group : ["!", ...group]).flat();
  const proxy = await stand.shared(contender, " many channels", words);
  if (!prepared.has(proxy)) await disableHalf(stand, proxy);
  prepared.add(proxy);
  return proxy;
}

/** Through one interactive session: a process a command would take minutes. */
async function disableHalf(stand: Stand, { port }: Proxy): Promise<void> {
  const control = `${stand.directory}/control`;
  const session = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", PROGRAM, "--control-dir", control, "-b", "127.0.0.1", "-i", `${port}`],
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const commands: string[] = [];
  for (let group = 0; group < LATER; group++) {
    commands.push(`group ${group}`);
    const kept = group === LATER - 1 ? 1 : 0;
    for (let channel = 0; channel < CHANNELS - kept; channel++) commands.push(`disable ${channel}`);
  }
  commands.push(`group ${LATER}`, "disable 0");
  const writer = session.stdin.getWriter();
  const written = writer.write(new TextEncoder().encode(commands.join("\n") + "\n")).then(() => writer.close());
  const { stdout } = await session.output();
  await written;
  const disabled = new TextDecoder().decode(stdout).match(/channel \d+ disabled/g)?.length ?? 0;
  if (disabled !== LATER * CHANNELS) throw new Error(`only ${disabled} channels could be disabled`);
}
