/**
 * One of the engines by itself, with services that lead to the same back end, on neighbouring ports. Its words: the
 * engine, its threads, the first port, the back end's port, how many services, on how many ports all together.
 */
import { startLinux } from "../../../src/engine/linux/linux.ts";
import { startPortable } from "../../../src/engine/portable/portable.ts";
import { serviceOptions } from "../../../src/options/values.ts";
import { Table } from "../../../src/table/table.ts";

const hostname = "127.0.0.1", settings = { ...serviceOptions({}), trace: false };
const [name] = Deno.args, [threads, first, backEnd, services, ports] = Deno.args.slice(1).map(Number);
const emit = () => {};
const engine = await (name === "linux" ? startLinux : startPortable)({ threads, maxConnections: 1e6, emit });
for (let service = 0, port = first; service < services; service++) {
  const table = Table.create(threads);
  table.addChannel(0, { host: hostname, port: backEnd });
  const listeners = [];
  for (const end = first + Math.trunc((service + 1) * ports / services); port < end; port++) {
    listeners.push(engine.listen({ hostname, port }, settings));
  }
  await engine.serve({ table, settings, emit }, listeners);
}
