/** The bounds of a control socket, and what may happen between a check and the use of its path. */
import assert from "node:assert/strict";
import { entryPath } from "../../src/control/entries.ts";
import { type ControlServer, startControlServer } from "../../src/control/server.ts";
import { eventuallyAsync, pause } from "../faults/patience.ts";
import { quietPlane } from "../support/control_plane.ts";
import { LastingSession } from "../../src/control/lasting_session.ts";
import { ControlSession } from "../support/control_session.ts";
import { privateListener } from "../support/private_listener.ts";
import { posix, root, testWith } from "../support/requirements.ts";
import { temporaryDirectory } from "../support/temporary_directory.ts";

const SESSIONS = 64, CONNECTIONS = 128, ADDRESS = "127.0.0.1", PORT = 1;

/** Opens the control socket of an instance that is not there. */
function open(directory: string, silence?: number): Promise<ControlServer> {
  return startControlServer(quietPlane(), { directory, address: ADDRESS, port: PORT, silence });
}

/** Serves a test with a control socket at `path`. */
async function withServer(test: (path: string) => Promise<void>, silence?: number): Promise<void> {
  using directory = temporaryDirectory();
  const server = await open(directory.path, silence);
  try {
    await test(entryPath(directory.path, ADDRESS, PORT));
  } finally {
    server.close();
    server.closeSessions();
  }
}

testWith(
  [posix],
  `${SESSIONS} sessions are served, as many again are turned away with a line, further ones are closed`,
  () =>
    withServer(async (path) => {
      using sessions = new DisposableStack();
      const served: ControlSession[] = [];
      for (let i = 0; i < SESSIONS; i++) {
        const session = sessions.use(await ControlSession.open(path));
        assert.ok(await session.until(/^balance 1 [^\n]+\n/));
        served.push(session);
      }
      const more = await Promise.all(Array.from({ length: 2 * CONNECTIONS }, () => ControlSession.open(path)));
      const texts = await Promise.all(more.map((session) => session.toEnd()));
      const refused = texts.filter((text) => text === `error 1 0\ntoo many sessions, at most ${SESSIONS}\n`).length;
      assert.ok(refused >= CONNECTIONS - SESSIONS, `${refused} were turned away`);
      assert.ok(texts.includes(""), "some were closed without a word");
      assert.equal(texts.filter((text) => text === "").length, texts.length - refused);
      for (const session of served) {
        await session.send("quit\n");
        assert.match(await session.toEnd(), /\nbye 0 0\n$/);
      }
      for (const session of more) session[Symbol.dispose]();
      await eventuallyAsync("places come free again", async () => {
        using next = await ControlSession.open(path);
        return await next.until(/^balance 1 /);
      });
    }),
);

testWith(
  [posix],
  "a session that sends nothing, or half a line, is closed for silence",
  () =>
    withServer(async (path) => {
      using silent = await ControlSession.open(path);
      using half = await ControlSession.open(path);
      await half.send("sho");
      assert.match(await silent.toEnd(), /^balance 1 [^\n]+\n$/);
      assert.match(await half.toEnd(), /^balance 1 [^\n]+\n$/);
    }, 200),
);

testWith(
  [posix],
  "a session that does not read its replies is closed for silence",
  () =>
    withServer(async (path) => {
      using session = await ControlSession.open(path);
      // Ends only when the other side closes: nobody reads the replies, so the commands pile up.
      while (await session.send("help\n".repeat(1000)));
      using next = await ControlSession.open(path);
      assert.ok(await next.until(/^balance 1 /));
    }, 300),
);

testWith(
  [posix],
  "a dialogue whose session was closed for silence continues in the same group",
  () =>
    withServer(async (path) => {
      using session = await LastingSession.open(path);
      assert.equal((await session.run("group 3")).group, 3);
      using silent = await ControlSession.open(path);
      await silent.toEnd();
      const { outcome, group, text } = await session.run("version");
      assert.deepEqual([outcome, group, text.length], ["ok", 3, 3]);
    }, 200),
);

testWith(
  [posix],
  "a session that keeps sending commands is never closed for silence",
  () =>
    withServer(async (path) => {
      using session = await ControlSession.open(path);
      using silent = await ControlSession.open(path);
      let closed = false;
      const ending = silent.toEnd().then(() => closed = true);
      // The last one comes when a session that said nothing has been closed.
      for (let i = 1, over = false; !over; i++) {
        over = closed;
        await session.send("version\n");
        assert.ok(await session.until(new RegExp(`(ok 3 0\\n[^]*){${i}}MAXCHANNELS=64\\n$`)), "it was closed");
        await pause(100);
      }
      await ending;
    }, 2000),
);

testWith([posix], "a live socket whose queue is full is not reclaimed", async () => {
  using directory = temporaryDirectory();
  const path = entryPath(directory.path, ADDRESS, PORT);
  using _busy = privateListener(path);
  const { ino } = Deno.lstatSync(path);
  using waiting = new DisposableStack();
  for (let full = false; !full;) {
    await Deno.connect({ transport: "unix", path }).then(
      (connection) => waiting.use(connection),
      () => full = true,
    );
  }
  await assert.rejects(open(directory.path), /DirectoryError: cannot open control socket: "[^\n]+" may be in use/);
  assert.equal(Deno.lstatSync(path).ino, ino, "it is still there");
});

/** Leaves the socket of a dead instance, so that the server's start begins with checking it. */
function leaveStaleSocket(directory: string): void {
  const path = entryPath(directory, ADDRESS, PORT), listener = privateListener(path);
  // Closing removes what is at the path.
  Deno.renameSync(path, `${path}.aside`);
  listener.close();
  Deno.renameSync(`${path}.aside`, path);
}

/** Replaces the directory after it was checked and before the socket is bound. */
async function swapWhileStarting(replace: (path: string, parent: string) => void, why: RegExp): Promise<void> {
  using parent = temporaryDirectory();
  const path = `${parent.path}/control`;
  Deno.mkdirSync(path, { mode: 0o700 });
  leaveStaleSocket(path);
  const starting = open(path);
  Deno.renameSync(path, `${parent.path}/moved`);
  replace(path, parent.path);
  await assert.rejects(starting, why);
}

testWith([posix], "a directory that is replaced while the server starts is detected", async () => {
  await swapWhileStarting((path) => Deno.mkdirSync(path, { mode: 0o755 }), /DirectoryError.*others can enter it/);
  await swapWhileStarting((path, parent) => {
    Deno.mkdirSync(`${parent}/elsewhere`, { mode: 0o700 });
    Deno.symlinkSync(`${parent}/elsewhere`, path);
  }, /DirectoryError.*it is a symbolic link/);
});

testWith(
  [posix, root],
  "another user's directory that is put there while the server starts is detected",
  () =>
    swapWhileStarting((path) => {
      Deno.mkdirSync(path, { mode: 0o700 });
      Deno.chownSync(path, 65534, 65534);
    }, /DirectoryError.*belongs to user 65534/),
);
