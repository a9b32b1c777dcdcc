/** A session that ends before a command is answered. */
import assert from "node:assert/strict";
import { SessionClosed } from "../../src/control/client.ts";
import { LastingSession } from "../../src/control/lasting_session.ts";
import { pathOf } from "../../src/control/entries.ts";
import { FileProcess, service } from "../support/file_process.ts";

Deno.test("a command that only shows something is asked again, one that changes something is not", async () => {
  using process = await FileProcess.start([service("web", [80])]);
  const { plane, directory, servers: [server] } = process, asked: string[] = [];
  /** Ends all sessions when it is asked for the first time. */
  const ask = (what: string) => {
    asked.push(what);
    if (asked.filter((one) => one === what).length === 1) server.closeSessions();
    return { ok: true, lines: [what] };
  };
  plane.config = () => ask("config").lines;
  plane.save = () => Promise.resolve(ask("save"));
  plane.reload = () => Promise.resolve(ask("reload"));
  plane.upgrade = () => Promise.resolve(ask("upgrade"));
  using session = await LastingSession.open(pathOf(directory.path, server.entry));
  assert.deepEqual((await session.run("show config")).text, ["config"]);
  for (const command of ["save", "reload", "upgrade"]) await assert.rejects(session.run(command), SessionClosed);
  assert.deepEqual(asked, ["config", "config", "save", "reload", "upgrade"]);
});
