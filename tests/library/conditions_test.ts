/** Groups for some clients, through reloads that change which clients these are. */
import assert from "node:assert/strict";
import type { GroupConditions } from "../../src/options/group_conditions.ts";
import { readServiceWords } from "../../src/options/read_words.ts";
import type { ServiceSpec } from "../../src/options/service_spec.ts";
import { Instance } from "../../src/service/instance.ts";
import { ENGINES } from "../faults/subject.ts";
import { namedBackend } from "../support/backends.ts";
import type { Backend } from "../support/backend.ts";
import { Client } from "../support/client.ts";
import { clientHello } from "../support/client_hello.ts";
import { eventually } from "../support/eventually.ts";
import { freePort } from "../support/free_port.ts";
import { linux, testWith } from "../support/requirements.ts";
import { temporaryDirectory } from "../support/temporary_directory.ts";

/** A group for some clients, and the name of its back end. */
type Route = readonly [conditions: GroupConditions | undefined, backend: string];

const a = { sni: ["a.example"] }, b = { sni: ["b.example"] };

/** Each begins, ends or turns groups of the one before; a client's back end tells by which of them it was chosen. */
const LAYOUTS: readonly (readonly Route[])[] = [
  [[a, "A"], [b, "B"], [undefined, "F"]],
  [[{ sni: ["new.example"] }, "N"], [a, "A"], [b, "B"], [undefined, "F"]],
  [[b, "A"], [a, "B"], [undefined, "N"]],
  [[{ sni: ["*.example"] }, "S"], [undefined, "F"]],
  [[{ from: "127.0.0.2", proto: ["tls"] }, "N"], [{ from: "127.0.0.1", ...a }, "F"], [undefined, "A"]],
  [[undefined, "A"]],
];

const CLIENTS = ["a.example", "b.example", "c.test"] as const;

/** Where a client must go. */
function routeOf(serverName: string, layout: readonly Route[]): string {
  const met = ({ sni, from = "127.0.0.1" }: GroupConditions) => {
    const label = serverName.slice(serverName.indexOf("."));
    return from === "127.0.0.1" && (sni === undefined || sni.includes(serverName) || sni.includes(`*${label}`));
  };
  return layout.find(([conditions]) => conditions === undefined || met(conditions))![1];
}

/** Back ends that say their names. */
class Backends implements AsyncDisposable {
  readonly #all = new Map<string, Backend>();

  /** The service with these groups. */
  spec(port: number, layout: readonly Route[], ...options: string[]): ServiceSpec {
    const words = ["-b", "127.0.0.1", "--name", "web", ...options, String(port)];
    const channels = layout.flatMap(([, name], i) => [...i > 0 ? ["!"] : [], `127.0.0.1:${this.#of(name).port}`]);
    const spec = readServiceWords([...words, ...channels]).result!;
    const groups = spec.groups.map((group, i) => ({ ...group, ...layout[i][0] && { conditions: layout[i][0] } }));
    return { ...spec, groups };
  }

  #of(name: string): Backend {
    const backend = this.#all.get(name) ?? namedBackend(name);
    this.#all.set(name, backend);
    return backend;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const backend of this.#all.values()) await backend[Symbol.asyncDispose]();
  }
}

/** What a TLS client hears; empty if nobody takes it. */
async function answerTo(serverName: string, port: number): Promise<string> {
  using client = await Client.connect(port);
  await client.send(clientHello({ serverName }));
  return await client.readText() ?? "";
}

for (const [engine, threads] of [...ENGINES.map((engine) => [engine, 1] as const), ["linux", 3] as const]) {
  testWith(
    engine === "linux" ? [linux] : [],
    `${engine}, ${threads} ${
      threads > 1 ? "threads" : "thread"
    }: while reloads change which clients groups are for, each goes where it belongs before or afterwards`,
    async () => {
      await using backends = new Backends();
      const port = freePort(), spec = (layout: number) => backends.spec(port, LAYOUTS[layout]);
      const instance = await Instance.start({ engine, threads, trace: false }, [spec(0)]);
      /** The layouts that hold or may hold at this moment. */
      let holding: readonly number[] = [0], answered = 0, over = false;
      const seen = new Set<readonly number[]>();
      const clients = CLIENTS.flatMap((serverName) =>
        Array.from({ length: 3 }, async () => {
          while (!over) {
            const before = holding, answer = await answerTo(serverName, port);
            const possible = [...before, ...holding].map((layout) => routeOf(serverName, LAYOUTS[layout]));
            assert.ok(possible.includes(answer), `${serverName} went to ${answer}, not to ${possible}`);
            seen.add(before);
            answered++;
          }
        })
      );
      const running = Promise.all(clients);
      try {
        for (let reload = 0, layout = 0; reload < 24; reload++) {
          const next = (layout + 1 + reload % (LAYOUTS.length - 1)) % LAYOUTS.length, enough = answered + 12;
          holding = [layout, next];
          await instance.reload({ values: {}, services: [spec(next)] });
          holding = [next];
          layout = next;
          await Promise.race([running, eventually("clients are served", () => answered >= enough)]);
        }
      } finally {
        over = true;
        await running.finally(() => instance.stop());
      }
      assert.ok(seen.size > 24);
    },
  );
}

for (const engine of ENGINES) {
  testWith(
    engine === "linux" ? [linux] : [],
    `${engine}: who waits for a place gets one of the group that is for it after a reload, and a file that changes counts`,
    async () => {
      await using backends = new Backends();
      using directory = temporaryDirectory();
      const list = `${directory.path}/list`, port = freePort();
      await Deno.writeTextFile(list, "192.0.2.0/24\n");
      const inside: Route = [{ from: `@${list}` }, "I"];
      const full = (layout: readonly Route[]) => {
        const spec = backends.spec(port, layout, "--queue", "3600");
        return {
          ...spec,
          groups: spec.groups.map(({ channels, ...group }, i) => ({
            ...group,
            channels: i === 0 ? channels.map((channel) => ({ ...channel, maxc: 1 })) : channels,
          })),
        };
      };
      const instance = await Instance.start({ engine, threads: 1, trace: false }, [full([[a, "A"], [b, "B"], inside])]);
      try {
        const [{ groups }] = instance.services, waiting = () => groups.table.queue!.waiting;
        using first = await Client.connect(port);
        await first.send(clientHello({ serverName: "a.example" }));
        assert.equal(await first.readText(), "A");
        const second = answerTo("a.example", port);
        await eventually("it waits", () => waiting() === 1);
        assert.equal(await answerTo("b.example", port), "B");
        assert.equal(await answerTo("c.test", port), "\x15\x03\x03\0\x02\x02p");
        assert.equal(instance.services[0].accessState()?.refused["no-route"], 1);
        await instance.reload({ values: {}, services: [full([[a, "A"], [a, "B"], inside])] });
        assert.equal(await second, "B");
        await instance.reload({ values: {}, services: [full([[a, "A"], [b, "B"], inside])] });
        const third = answerTo("a.example", port);
        await eventually("it waits", () => waiting() === 1);
        await Deno.writeTextFile(list, "192.0.2.0/24\n127.0.0.0/8\n");
        assert.equal(await third, "I");
      } finally {
        await instance.stop();
      }
    },
  );
}

for (const engine of ENGINES) {
  testWith(
    engine === "linux" ? [linux] : [],
    `${engine}: channels that an operator created keep their group's condition in a successor that does not describe it`,
    async () => {
      await using backends = new Backends();
      await using made = namedBackend("M");
      using directory = temporaryDirectory();
      const list = `${directory.path}/list`, inside: Route = [{ from: `127.0.0.0/30,@${list}` }, "I"];
      await Deno.writeTextFile(list, "127.0.0.9\n");
      const start = (layout: readonly Route[]) =>
        Instance.start({ engine, threads: 1, trace: false }, [backends.spec(freePort(), layout)]);
      const before = await start([[a, "A"], [b, "B"], inside]), after = await start([[a, "A"]]);
      try {
        const [{ groups, draft }] = before.services, [successor] = after.services, { address: { port } } = successor;
        for (const group of [1, 2]) groups.add(group, { host: "127.0.0.1", address: made.address });
        groups.disable(2, 1);
        successor.groups.restore(JSON.parse(JSON.stringify(groups.state(draft.groups))), successor.draft.groups);
        await after.takeOverConditions(successor);
        assert.equal(await answerTo("b.example", port), "M");
        assert.equal(await answerTo("a.example", port), "A");
        assert.deepEqual(successor.groups.disabledBy(2, 0), ["operator"]);
        successor.enable(2, 0);
        assert.equal(await answerTo("c.test", port), "M");
        await Deno.remove(list);
        await after.reload({ values: {}, services: [backends.spec(port, [[a, "A"]])] });
        assert.deepEqual(successor.groups.snapshot().map(({ conditions }) => conditions), [a, b, inside[0]]);
        assert.equal(await answerTo("b.example", port), "M");
      } finally {
        await Promise.all([before.stop(), after.stop()]);
      }
    },
  );
}
