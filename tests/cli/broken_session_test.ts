import assert from "node:assert/strict";
import { ControlClient } from "../../src/control/client.ts";
import { entryPath } from "../../src/control/entries.ts";
import { formatGreeting } from "../../src/control/protocol.ts";
import { posix, testWith } from "../support/requirements.ts";
import { temporaryDirectory } from "../support/temporary_directory.ts";

/** Repetitions, because it is a matter of luck which of the client's calls notices first that the session is over. */
const TIMES = 100;

/** What an ending instance may do to a session after its greeting. */
const ENDINGS: Record<string, (connection: Deno.UnixConn) => Promise<unknown> | void> = {
  "at once": () => {},
  "with the command unread": (connection) => connection.read(new Uint8Array(1)),
  "in the middle of a reply": async (connection) => {
    await connection.read(new Uint8Array(100));
    await connection.write(new TextEncoder().encode("ok 2 0\nthe first of two lines\n"));
  },
};

for (const [ending, end] of Object.entries(ENDINGS)) {
  testWith([posix], `a session that is closed ${ending} is reported as closed, whichever call notices`, async () => {
    using directory = temporaryDirectory();
    const path = entryPath(directory.path, "127.0.0.1", 18100);
    using server = Deno.listen({ transport: "unix", path });
    for (let time = 0; time < TIMES; time++) {
      const [connection, client] = await Promise.all([greeted(server), ControlClient.open(path)]);
      using session = client;
      const ended = Promise.resolve(end(connection)).then(() => connection.close());
      await assert.rejects(session.run("show"), { message: "the instance closed the session" });
      await ended;
    }
  });
}

testWith([posix], "a reply without end is given up before it fills the memory", async () => {
  using directory = temporaryDirectory();
  const path = entryPath(directory.path, "127.0.0.1", 18100);
  using server = Deno.listen({ transport: "unix", path });
  const [connection, client] = await Promise.all([greeted(server), ControlClient.open(path)]);
  const lines = new TextEncoder().encode(`${"x".repeat(63)}\n`.repeat(1024));
  let sent = 0;
  const flood = async () => {
    await connection.write(new TextEncoder().encode("ok 999999999 0\n"));
    for (;;) sent += await connection.write(lines);
  };
  {
    using session = client;
    const flooding = assert.rejects(flood());
    await assert.rejects(session.run("show"), { message: "the reply of the instance is too long" });
    session[Symbol.dispose]();
    await flooding;
  }
  assert.ok(sent < 64 * 1024 * 1024, `${sent} bytes`);
  connection.close();
});

async function greeted(server: Deno.UnixListener): Promise<Deno.UnixConn> {
  const connection = await server.accept();
  await connection.write(new TextEncoder().encode(formatGreeting({ pid: 1, version: "0.1.0" }) + "\n"));
  return connection;
}
