import assert from "node:assert/strict";
import { isNetworkFault, parseNetwork } from "../../access/network_words.ts";
import { Groups } from "../../groups/groups.ts";
import type { RecordState } from "../../state/record_state.ts";
import { NONE } from "../../table/channel_id.ts";
import { parseHost } from "../../table/address.ts";
import { Table } from "../../table/table.ts";
import type { DescribableConnection } from "../records/describe_open.ts";
import { connectedClients } from "./clients.ts";
import { chosenIds, describeConnections, listConnections, type ListedService } from "./list_connections.ts";

/** This moment, by the engine's clock. */
const NOW = 10_000_000;

function connection(id: number, host: string, more: Partial<DescribableConnection> = {}): DescribableConnection {
  return {
    id,
    stage: "established",
    client: { address: parseHost(host).bytes, port: 1000 + Math.floor(id) },
    localPort: 80,
    channel: 0,
    accepted: NOW - 1000 * id,
    ...{ queueMs: -1, connectMs: 0.25, firstByteMs: 30, up: 1234, down: 5 },
    ...more,
  };
}

function web(open: Iterable<DescribableConnection>): ListedService {
  const groups = new Groups(Table.create());
  for (const name of ["one", undefined]) {
    groups.add(0, { host: "a", address: { host: "10.0.0.9", port: 81 }, name });
  }
  return { name: "web", groups, connections: 7, open: () => open, now: () => NOW };
}

async function listed(service: ListedService, form: "text" | "json", filter = {}): Promise<string[]> {
  const { count, chunks } = await listConnections(service, filter, form);
  let text = "";
  for await (const chunk of chunks) text += new TextDecoder().decode(chunk);
  const lines = text.split("\n");
  assert.equal(lines.pop(), "");
  assert.equal(lines.length, count, "as many as were promised");
  return lines;
}

const few = [
  connection(5, "10.1.2.3"),
  connection(200, "2001:db8::1", { channel: 1, peer: { address: parseHost("10.9.9.9").bytes, port: 7 } }),
  connection(1, "10.1.2.4", { stage: "connecting", connectMs: -1, firstByteMs: -1, up: 0, down: 0 }),
  connection(0.5, "10.1.2.4", { id: 9, stage: "waiting", channel: NONE, connectMs: -1, firstByteMs: -1 }),
];

Deno.test("the table has the oldest connections first, and says at the end of a line what is unusual", async () => {
  assert.deepEqual(
    await listed(web(few), "text"),
    [
      "id      client                GRP  # channel                   age connect 1st byte   sent   rcvd",
      "5k      [2001:db8::1]:1200      0  1 10.0.0.9:81            3m 20s   0.3ms     30ms  1.2kB     5B via 10.9.9.9:7",
      "5       10.1.2.3:1005           0  0 10.0.0.9:81                5s   0.3ms     30ms  1.2kB     5B",
      "1       10.1.2.4:1001           0  0 10.0.0.9:81                1s       -        -     0B     0B connects to the channel",
      "9       10.1.2.4:1000           -  - -                          0s       -        -  1.2kB     5B waits for a place on a channel",
    ],
  );
});

Deno.test("JSON has a list with a connection in each line, in the shape of a record", async () => {
  const lines = await listed(web(few), "json"),
    { connections: all } = JSON.parse(lines.join("\n")) as { connections: RecordState[] };
  assert.deepEqual(all.map(({ id }) => id), ["5k", "5", "1", "9"]);
  assert.deepEqual(lines.slice(1, -1).map((line) => JSON.parse(line.replace(/,$/, ""))), all);
  const [{ service, client, peer, group, channel, durationMs, open, end }] = all;
  assert.deepEqual([service, client, peer], ["web", "[2001:db8::1]:1200", "10.9.9.9:7"]);
  assert.deepEqual([group, channel, durationMs, open, end], [0, 1, 200_000, true, "open"]);
  assert.equal(all[1].name, "one");
  assert.deepEqual(await listed(web([]), "json"), ['{"connections":[', "]}"]);
});

Deno.test("connections are chosen by age, client, channel and id, all of which must fit", async () => {
  const network = (word: string) => {
    const range = parseNetwork(word);
    if (isNetworkFault(range)) throw new Error(word);
    return [range];
  };
  const cases: [Parameters<typeof chosenIds>[1], number[]][] = [
    [{}, [5, 200, 1, 9]],
    [{ older: 5 }, [5, 200]],
    [{ older: 5.001 }, [200]],
    [{ client: network("10.1.2.0/24") }, [5, 1, 9]],
    [{ client: network("::/0") }, [200]],
    [{ client: [...network("::/0"), ...network("10.1.2.3")] }, [5, 200]],
    [{ channel: 1 }, [200]],
    [{ channel: 0, older: 2 }, [5]],
    [{ id: 9 }, [9]],
    [{ id: 9, channel: 0 }, []],
  ];
  for (const [filter, ids] of cases) {
    assert.deepEqual(await chosenIds(web(few), filter), ids, JSON.stringify(filter));
    const described = await describeConnections(web(few), filter);
    assert.deepEqual(new Set(described.map(({ id }) => Number.parseInt(id, 36))), new Set(ids));
  }
});

function* many(count: number): Iterable<DescribableConnection> {
  for (let i = 0; i < count; i++) yield connection(1 + i, "10.1.2.3", { accepted: NOW - i * 7919 % 100_003 });
}

Deno.test("of many thousand connections none is missing, and others have their turn meanwhile", async () => {
  const count = 30_000;
  let turns = 0, over = false;
  const others = (async () => {
    while (!over) {
      await new Promise((resolve) => setTimeout(resolve));
      turns++;
    }
  })();
  const lines = await listed(web(many(count)), "text");
  over = true;
  await others;
  assert.equal(lines.length, count + 1);
  assert.equal(new Set(lines.slice(1).map((line) => line.split(" ")[0])).size, count);
  assert.ok(turns > 10, `others had ${turns} turns`);
});

Deno.test("a list ends early when nobody wants it any more", async () => {
  const over = new AbortController();
  const list = await listConnections(
    web((function* () {
      for (const one of many(1_000_000)) {
        if (one.id === 1000) over.abort();
        yield one;
      }
    })()),
    {},
    "text",
    over.signal,
  );
  assert.ok(list.count > 1000 && list.count < 500_000, `${list.count}`);
});

Deno.test("connections add up by client, and the client with the most comes first", async () => {
  assert.deepEqual(await connectedClients(web([...few, connection(70, "10.1.2.4")])), [
    { address: "10.1.2.4", connections: 3, oldest: 70, sent: 1234 + 1234, rcvd: 5 + 5 },
    { address: "2001:db8::1", connections: 1, oldest: 200, sent: 1234, rcvd: 5 },
    { address: "10.1.2.3", connections: 1, oldest: 5, sent: 1234, rcvd: 5 },
  ]);
  const over = new AbortController(),
    endless = function* () {
      for (let i = 1;; i++) {
        yield connection(i, "10.0.0.1");
        if (i === 50_000) over.abort();
      }
    };
  assert.ok((await connectedClients(web(endless()), over.signal))[0].connections >= 50_000, "and ends early");
});
