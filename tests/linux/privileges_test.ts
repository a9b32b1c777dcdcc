import assert from "node:assert/strict";
import { unavailable } from "./with_engine.ts";

const root = Deno.build.os === "linux" && Deno.uid() === 0;
const ignore = unavailable !== undefined || !root;
const why = root ? "" : " (skipped: needs root)";

/** A program that starts an engine as another user and says what became of it. */
const PROGRAM = `
  import { startLinux } from ${JSON.stringify(new URL("../../src/engine/linux/linux.ts", import.meta.url).href)};
  import { Table } from ${JSON.stringify(new URL("../../src/table/table.ts", import.meta.url).href)};
  const identity = JSON.parse(Deno.args[0]);
  const table = Table.create(2);
  const backend = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  table.addChannel(0, { host: "127.0.0.1", port: backend.addr.port });
  const settings = { hostname: "127.0.0.1", port: 0, connectTimeout: 5, idleTimeout: 0, maxConnections: 100, backlog: 10,
    autodisable: false, hashFailover: false, trace: false, threads: 2, ...identity };
  try {
    const engine = await startLinux({ table, emit: () => {}, settings });
    const client = await Deno.connect({ hostname: "127.0.0.1", port: engine.address.port });
    const server = await backend.accept();
    await client.write(new Uint8Array(3));
    const relayed = await server.read(new Uint8Array(10));
    const libc = Deno.dlopen("", {
      setuid: { parameters: ["u32"], result: "i32" },
      setgid: { parameters: ["u32"], result: "i32" },
      setresuid: { parameters: ["u32", "u32", "u32"], result: "i32" },
    }).symbols;
    const regained = [libc.setuid(0), libc.setresuid(0, 0, 0), libc.setgid(0)].filter((result) => result === 0).length;
    console.log(JSON.stringify({ relayed, regained, uid: Deno.uid(), gid: Deno.gid(), pid: Deno.pid }));
    await Deno.stdin.read(new Uint8Array(1));
    client.close(), server.close(), backend.close();
    engine.stopAccepting(), engine.closeAll();
    await engine.ended;
  } catch (error) {
    console.log(JSON.stringify({ error: error.message }));
    backend.close();
  }
`;

Deno.test({ name: `every thread takes the user and the group, and none can go back${why}`, ignore }, async () => {
  for (const identity of [{ user: "nobody" }, { user: "65534", group: "65534" }, { user: "nobody", group: "daemon" }]) {
    await run(identity, (said) => {
      const gid = identity.group === "daemon" ? 1 : 65534;
      assert.deepEqual({ ...said, pid: 0 }, { relayed: 3, regained: 0, uid: 65534, gid, pid: 0 });
      const tasks = [...Deno.readDirSync(`/proc/${said.pid}/task`)];
      assert.ok(tasks.length > 2);
      for (const { name } of tasks) {
        const status = Deno.readTextFileSync(`/proc/${said.pid}/task/${name}/status`);
        assert.match(status, /^Uid:\t65534\t65534\t65534\t65534$/m);
        assert.match(status, new RegExp(`^Gid:\t${gid}\t${gid}\t${gid}\t${gid}$`, "m"));
        assert.match(status, /^Groups:\s*$/m);
        assert.match(status, /^CapEff:\t0+$/m);
      }
    });
  }
});

Deno.test({ name: `a user or group that does not exist is an error that names it${why}`, ignore }, async () => {
  await run({ user: "no such" }, (said) => assert.match(said.error!, /"no such".*no such user/));
  await run({ user: "nobody", group: "nix" }, (said) => assert.match(said.error!, /"nix".*no such group/));
  await run({ user: "12345" }, (said) => assert.match(said.error!, /"12345".*no group of its own/));
});

interface Said {
  readonly error?: string;
  readonly pid?: number;
}

async function run(identity: { user: string; group?: string }, check: (said: Said) => void): Promise<void> {
  const file = await Deno.makeTempFile({ suffix: ".ts" });
  await Deno.writeTextFile(file, PROGRAM);
  const running = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", file, JSON.stringify(identity)],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  let text = "";
  for await (const part of running.stdout.pipeThrough(new TextDecoderStream())) {
    text += part;
    if (!text.includes("\n")) continue;
    check(JSON.parse(text));
    await running.stdin.close();
    break;
  }
  assert.ok((await running.status).success);
  await Deno.remove(file);
}
