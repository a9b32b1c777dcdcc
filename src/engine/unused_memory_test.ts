import assert from "node:assert/strict";
import { NetworksBuilder } from "../access/networks_builder.ts";
import { serviceOptions } from "../options/values.ts";
import { parseHost } from "../table/address.ts";
import { Refusals } from "../table/clients/refusals.ts";
import { Table } from "../table/table.ts";
import type { ServiceSettings } from "./engine.ts";
import { collectGarbage, listBytes, sharedBytes, UnusedMemory } from "./unused_memory.ts";

Deno.test("garbage is collected whenever much memory has been let go", () => {
  assert.deepEqual(collections(0), [64, 128]);
});

Deno.test("threads with different head starts collect at different times", () => {
  assert.deepEqual([collections(0.25), collections(0.5)], [[48, 112], [32, 96]]);
});

Deno.test("the runtime collects garbage when it is told to", async () => {
  const kept = {}, alive = new WeakRef(kept), dead = new WeakRef({});
  // A weak reference holds its object until the end of the turn.
  await new Promise((resolve) => setTimeout(resolve, 0));
  collectGarbage();
  assert.equal(dead.deref(), undefined);
  assert.equal(alive.deref(), kept);
});

Deno.test("the lists of networks of a service count as its memory, wherever its settings have them", () => {
  const networks = (...hosts: string[]) => {
    const builder = new NetworksBuilder();
    for (const { bytes } of hosts.map(parseHost)) builder.add(bytes, bytes);
    return builder.build();
  };
  const plain: ServiceSettings = { ...serviceOptions({}), halfCloseTimeout: 0, trace: false }, table = Table.create();
  const rules = [{ action: "allow", networks: [networks("10.0.0.1"), networks("10.0.0.3", "10.0.0.5")] }] as const;
  const settings: ServiceSettings = {
    ...plain,
    access: {
      list: { rules, hits: new SharedArrayBuffer(8) },
      peers: [networks("::1")],
      proxies: [networks("10.0.0.7")],
      refusals: Refusals.create(1).buffer,
      dryRun: false,
      reset: false,
      proxyTimeout: 5,
    },
    conditions: new Map([[1, { from: networks("10.0.0.9") }], [2, { sni: ["www.example.com"] }]]),
  };
  assert.deepEqual([listBytes(plain), listBytes(settings)], [0, 3 * 8 + 32 + 8 + 8]);
  assert.equal(sharedBytes(table, settings) - sharedBytes(table, plain), listBytes(settings));
});

/** After how many services garbage is collected, when each leaves a megabyte. */
function collections(headStart: number): number[] {
  const collected: number[] = [];
  let services = 0;
  const unused = new UnusedMemory(headStart, () => collected.push(services));
  while (services < 150) {
    services++;
    unused.add(1 << 20);
  }
  return collected;
}
