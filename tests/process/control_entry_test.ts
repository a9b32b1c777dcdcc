/** How a successor takes its predecessor's entry in the control directory. */
import assert from "node:assert/strict";
import { entryPath } from "../../src/control/entries.ts";
import type { Connection, Listener } from "../../src/control/listener.ts";
import { listenUnix } from "../../src/control/unix_listener.ts";
import { eventually } from "../support/eventually.ts";
import { posix } from "../support/requirements.ts";
import { temporaryDirectory } from "../support/temporary_directory.ts";

/** A replaced listener is left open, because closing it would remove the entry of the other. */
const test = (name: string, fn: () => Promise<void>) =>
  Deno.test({ name, fn, ignore: !posix.met, sanitizeOps: false, sanitizeResources: false });

const listen = (path: string, name: string, draft = false): Promise<Listener> =>
  listenUnix(path, async (connection: Connection) => {
    await connection.write(name);
    connection.close();
  }, { draft });

async function answer(path: string): Promise<string> {
  try {
    using connection = await Deno.connect({ transport: "unix", path });
    return await new Response(connection.readable).text();
  } catch (error) {
    return (error as Error).name;
  }
}

/** A directory for its owner only, and the path of an entry in it. */
function place() {
  const directory = temporaryDirectory();
  return {
    path: entryPath(directory.path, "0.0.0.0", 80),
    names: () => [...Deno.readDirSync(directory.path)].map(({ name }) => name).sort(),
    [Symbol.dispose]: () => directory[Symbol.dispose](),
  };
}

test("a successor's entry takes the place of the old one at once, and is its own to remove", async () => {
  using entry = place();
  const old = await listen(entry.path, "old"), held = old.hold!(), young = await listen(entry.path, "new", true);
  assert.equal(await answer(entry.path), "old");
  young.publish!();
  assert.equal(await answer(entry.path), "new");
  held.release();
  old.withdraw!();
  old.close();
  assert.equal(await answer(entry.path), "new");
  assert.deepEqual(entry.names(), ["80@0.0.0.0.sock"]);
  young.close();
  assert.deepEqual(entry.names(), []);
});

test("the old entry can be taken back from a successor that has gone", async () => {
  using entry = place();
  const old = await listen(entry.path, "old"), held = old.hold!();
  const young = await listen(entry.path, "new", true);
  young.publish!();
  held.restore();
  assert.equal(await answer(entry.path), "old");
  young.close();
  assert.equal(await answer(entry.path), "old");
  assert.deepEqual(entry.names(), ["80@0.0.0.0.sock"]);
  old.close();
  await eventually("the entry is gone", () => entry.names().length === 0);
});

test("a successor that never takes the entry leaves nothing behind", async () => {
  using entry = place();
  const old = await listen(entry.path, "old"), held = old.hold!();
  (await listen(entry.path, "new", true)).close();
  held.restore();
  assert.equal(await answer(entry.path), "old");
  assert.deepEqual(entry.names(), ["80@0.0.0.0.sock"]);
  old.close();
});

test("a client that waited in the queue of the old entry is still served", async () => {
  using entry = place();
  const old = await listen(entry.path, "old"), young = await listen(entry.path, "new", true);
  const waiting = answer(entry.path);
  young.publish!();
  old.withdraw!();
  assert.equal(await waiting, "old");
  assert.equal(await answer(entry.path), "new");
  for (const one of [old, young]) one.close();
});
