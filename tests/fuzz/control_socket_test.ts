/**
 * A live control server, fed with arbitrary input: it answers by its protocol or ends the session, and serves the next.
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import { commands } from "../../src/control/commands.ts";
import { entryPath } from "../../src/control/entries.ts";
import { LONGEST_LINE, parseGreeting, parseHead } from "../../src/control/protocol.ts";
import { startControlServer } from "../../src/control/server.ts";
import { quietPlane } from "../support/control_plane.ts";
import { ControlSession } from "../support/control_session.ts";
import { pause } from "../support/eventually.ts";
import { posix, testWith } from "../support/requirements.ts";
import { temporaryDirectory } from "../support/temporary_directory.ts";
import { foreignText, isHarmless } from "./foreign_text.ts";
import { parameters } from "./parameters.ts";

const ADDRESS = "127.0.0.1", PORT = 1;

const command = fc.tuple(
  fc.constantFrom(...commands.map(({ name }) => name)),
  fc.array(fc.oneof(fc.nat(3).map(String), foreignText(6)), { maxLength: 3 }),
).map(([name, words]) => [name, ...words].join(" ") + "\n");

/** What one client does: pieces of bytes, then how it leaves. */
const visit = fc.record({
  pieces: fc.array(
    fc.oneof(
      { weight: 4, arbitrary: command.map((text) => new TextEncoder().encode(text)) },
      { weight: 2, arbitrary: fc.uint8Array({ maxLength: 60 }) },
      { weight: 1, arbitrary: fc.nat(2 * LONGEST_LINE).map((length) => new Uint8Array(length).fill(0x61)) },
    ),
    { maxLength: 8 },
  ),
  leaves: fc.constantFrom("ends", "ends", "vanishes", "vanishes unread"),
});

/** Checks that text is a greeting and then whole replies, and counts these. */
function checkReplies(text: string): number {
  assert.ok(text.endsWith("\n"), JSON.stringify(text.slice(-80)));
  const [greeting, ...rest] = text.slice(0, -1).split("\n");
  parseGreeting(greeting);
  let replies = 0;
  for (; rest.length > 0; replies++) {
    const head = parseHead(rest.shift()!), lines = rest.splice(0, head.lines);
    assert.equal(lines.length, head.lines, "a reply is not complete");
    assert.ok(lines.every(isHarmless), JSON.stringify(lines));
    if (head.outcome === "bye") assert.equal(rest.length, 0, "something follows the last reply");
  }
  return replies;
}

testWith([posix], "whatever a session sends gets answers by the protocol, and the next session is served", async () => {
  using directory = temporaryDirectory();
  const plane = quietPlane(), path = entryPath(directory.path, ADDRESS, PORT);
  const server = await startControlServer(plane, { directory: directory.path, address: ADDRESS, port: PORT });
  try {
    await fc.assert(
      fc.asyncProperty(visit, async ({ pieces, leaves }) => {
        {
          using session = await ControlSession.open(path);
          for (const piece of pieces) if (!await session.send(piece)) break;
          if (leaves === "vanishes") await session.until(/\n/);
          if (leaves === "ends") {
            await session.finish();
            const text = await session.toEnd(),
              lineFeeds = pieces.flatMap((piece) => [...piece]).filter((byte) => byte === 10);
            // What follows the last line feed is also a line.
            assert.ok(checkReplies(text) <= lineFeeds.length + 1, "more replies than lines");
          }
        }
        using next = await ControlSession.open(path);
        await next.send("version\nquit\n");
        assert.match(
          await next.toEnd(),
          /^balance 1 \d+ 1\.2\.3\nok 3 0\n {2}This is balance 1\.2\.3\n.*\n.*\nbye 0 0\n$/,
        );
      }),
      parameters(150),
    );
  } finally {
    server.close();
    server.closeSessions();
  }
});

testWith([posix], "replies do not depend on how the commands arrive", async () => {
  using directory = temporaryDirectory();
  const path = entryPath(directory.path, ADDRESS, PORT);
  const server = await startControlServer(quietPlane(), { directory: directory.path, address: ADDRESS, port: PORT });
  const replies = async (bytes: Uint8Array, sizes: readonly number[]): Promise<string> => {
    using session = await ControlSession.open(path);
    let at = 0;
    for (const size of sizes) {
      await session.send(bytes.subarray(at, at += size));
      // Lets the other side receive this piece separately.
      await pause(0);
    }
    await session.send(bytes.subarray(at));
    await session.finish();
    return await session.toEnd();
  };
  // Nothing that changes anything, so that the same commands have the same replies.
  const harmless = fc.oneof(
    fc.constantFrom(
      "show\n",
      "group 3\r\n",
      "group 99\n",
      "help\n",
      "\n",
      "mrtg-bytes 0 1\n",
      "version",
      "\r\n",
      "ä\n",
      "\0\n",
    ),
    foreignText(10).filter((text) => !/[acdekmrhq]/.test(text)),
  );
  try {
    await fc.assert(
      fc.asyncProperty(
        fc.array(harmless, { maxLength: 8 }),
        fc.array(fc.integer({ min: 1, max: 20 })),
        async (texts, sizes) => {
          const bytes = new TextEncoder().encode(texts.join(""));
          const whole = await replies(bytes, []);
          checkReplies(whole);
          assert.equal(await replies(bytes, sizes), whole);
        },
      ),
      parameters(60),
    );
  } finally {
    server.close();
    server.closeSessions();
  }
});
