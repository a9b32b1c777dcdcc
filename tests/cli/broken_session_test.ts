import assert from "node:assert/strict";
import { ControlClient } from "../../src/control/client.ts";
import { entryPath } from "../../src/control/directory.ts";
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

async function greeted(server: Deno.UnixListener): Promise<Deno.UnixConn> {
  const connection = await server.accept();
  await connection.write(new TextEncoder().encode(formatGreeting({ pid: 1, version: "0.1.0" }) + "\n"));
  return connection;
}
