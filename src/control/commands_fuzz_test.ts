import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { isIP } from "node:net";
import fc from "fast-check";
import { foreignText, isHarmless } from "../../tests/fuzz/foreign_text.ts";
import { parameters } from "../../tests/fuzz/parameters.ts";
import { Groups } from "../groups/groups.ts";
import { resolveHost } from "../process/resolve.ts";
import { parsePort } from "../options/port_names.ts";
import { MAX_GROUPS } from "../table/limits.ts";
import { Table } from "../table/table.ts";
import { processState, quietService } from "../../tests/support/control_plane.ts";
import { commands, execute } from "./commands.ts";
import type { Session } from "./command.ts";
import { complete } from "./terminal/completion.ts";
import type { ControlPlane } from "./control_plane.ts";
import type { ProcessState } from "../state/state.ts";

/** An instance without an engine, otherwise as the program makes it, except that names are not looked up. */
class Plane implements ControlPlane {
  readonly table = Table.create();
  readonly groups = new Groups(this.table);
  readonly version = "1.2.3";
  kills = 0;
  readonly changes: string[] = [];

  constructor() {
    for (let group = 0; group < 3; group++) {
      for (let i = 0; i < 2; i++) this.table.addChannel(group, { host: "127.0.0.1", port: 8000 + i });
      const name = ["spare", undefined, "last"][group];
      this.groups.add(group, { host: "localhost", address: { host: "127.0.0.1", port: 8000 }, name });
    }
  }

  /** A second service, so that commands may reach the wrong one. */
  readonly other = new Groups(Table.create());
  readonly services = [
    quietService("web", this.groups, { resolve: (host, port) => this.resolve(host, port) }),
    quietService("8000", this.other, { resolve: (host, port) => this.resolve(host, port) }),
  ];

  async resolve(host: string, word: string): Promise<{ host: string; port: number }> {
    const port = parsePort(word, () => new Map([["http", 80]]));
    if (port === undefined) throw new Error("no port");
    if (/^[a-z.]+$/.test(host)) return { host: "10.0.0.1", port };
    if (isIP(host.split("%")[0]) === 0) throw new Error("no address");
    return { host: await resolveHost(host), port };
  }

  describe = (): ProcessState => processState("\u202e\x9b");
  changed = (command: string): void => void this.changes.push(command);
  shutdown = (): void => void this.kills++;

  /** Everything that can change. */
  copy(): { tables: Uint8Array[]; names: string[] } {
    return { tables: this.#tables.map((bytes) => bytes.slice()), names: this.names() };
  }

  get #tables(): Uint8Array[] {
    return [this.table, this.other.table].map(({ buffer }) => new Uint8Array(buffer));
  }

  /** Hosts as they were given. */
  names(): string[] {
    return [this.groups, this.other].flatMap((groups) => groups.snapshot()).flatMap(({ channels }) =>
      channels.map(({ host }) => host)
    );
  }

  /** Whether nothing has changed since. */
  isLike({ tables, names }: ReturnType<Plane["copy"]>): boolean {
    const same = this.#tables.every((bytes, i) => Buffer.compare(bytes, tables[i]) === 0);
    return same && JSON.stringify(names) === JSON.stringify(this.names());
  }
}

const word = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...commands.flatMap(({ name, alias }) => [name, alias ?? name])) },
  {
    weight: 2,
    arbitrary: fc.constantFrom(...commands.map(({ name }) => name)).chain((name) =>
      fc.nat(name.length).map((end) => name.slice(0, end))
    ),
  },
  { weight: 2, arbitrary: foreignText(8) },
);
const number = fc.oneof(
  fc.integer({ min: -2, max: 70 }).map(String),
  fc.constantFrom("2147483647", "2147483648", "-0", "1e3", "0x1", "9".repeat(15), "9".repeat(16), "٣"),
);
const host = fc.oneof(
  fc.ipV4(),
  fc.ipV6(),
  fc.constantFrom("localhost", "json", "::1%1", "1.2.3.4%1", "fe80::1%0", "fe80::1%4294967297", "[::1]", "__proto__"),
  fc.tuple(fc.ipV6(), fc.nat(9), foreignText(6)).map(([ip, zone, rest]) => `${ip}%${zone}%${rest}`),
  foreignText(12),
);
/** What a channel may be called. */
const channel = fc.oneof(
  fc.constantFrom("spare", "SPARE", "127.0.0.1:8001", "127.0.0.1", "127.0.0.1:*", "spare,weight=3", ":", "x:y:z"),
  host,
);
const space = fc.constantFrom(" ", "  ", "\t", "\u00a0", " \0 ");
const line = fc.tuple(word, fc.array(fc.oneof(number, host, fc.constantFrom("json")), { maxLength: 4 }), space)
  .map(([first, more, space]) => [first, ...more].join(space));

/** Lines with the right kind of parameters, to get past the parser. */
const fitting = fc.constantFrom(...commands).chain(({ name, parameters }) =>
  fc.tuple(
    ...parameters.split(" ").filter((parameter) => parameter !== "").map((parameter) => {
      if (parameter === "HOST") return host;
      if (parameter === "CH") return fc.oneof(fc.integer({ min: -1, max: 4 }).map(String), channel);
      if (parameter === "PORT") return fc.constantFrom("80", "http", "0", "65536");
      if (parameter.startsWith("[")) return fc.constantFrom("json", "config", "--dry-run", "web", "8000", "");
      return fc.integer({ min: -1, max: 4 }).map(String);
    }),
  ).map((words) => [name, ...words].join(" "))
);

Deno.test("any command line gets a harmless answer, and changes nothing if it is refused", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.oneof(line, fitting, foreignText(60)), { minLength: 1, maxLength: 25, size: "medium" }),
      async (lines) => {
        const plane = new Plane(), session: Session = { group: 0 };
        for (const line of lines) {
          const before = plane.copy(), group = session.group, kills = plane.kills, changes = plane.changes.length;
          const reply = await execute(line, session, plane);
          for (const text of reply.lines) {
            assert.ok(
              isHarmless(text),
              `${JSON.stringify(line)}: ${JSON.stringify(text)}`,
            );
          }
          assert.ok(session.group >= 0 && session.group < MAX_GROUPS);
          if (reply.ok) continue;
          assert.equal(reply.lines.length, 1);
          assert.ok(plane.isLike(before), `${JSON.stringify(line)} was refused and changed the table`);
          assert.deepEqual([session.group, plane.kills, plane.changes.length], [group, kills, changes]);
        }
        for (const name of plane.names()) {
          assert.ok(isHarmless(name), `a channel is called ${JSON.stringify(name)}`);
        }
        // Whatever happened, the instance can still be shown.
        for (const show of ["show", "show json"]) {
          const { ok, lines } = await execute(show, session, plane);
          assert.ok(ok && lines.every(isHarmless), JSON.stringify(lines));
        }
        const [json] = (await execute("show json", session, plane)).lines;
        assert.equal(JSON.parse(json).version, "\u202e\x9b", "escaping changed a value");
        assert.equal(plane.kills > 0, plane.changes.some((change) => change.startsWith("kill ")));
        // Those that end by themselves have timers.
        for (const { access, operators } of plane.services) if (access !== undefined) (await operators()).remove();
      },
    ),
    // This line was once accepted, and the end of the word became part of the channel's name.
    { ...parameters(1000), examples: [[["create fe80::1%1%\x9b31m 80"]]] },
  );
});

Deno.test("Tab never fails, whatever the line", () => {
  fc.assert(
    fc.property(fc.oneof(line, foreignText(20)), (line) => {
      const [candidates, last] = complete(line, { channels: [0, 1], groups: [0, 5], services: ["web"] });
      assert.ok(line.endsWith(last) && candidates.every((candidate) => candidate.startsWith(last)));
    }),
    parameters(500),
  );
});
