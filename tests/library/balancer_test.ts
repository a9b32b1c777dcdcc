/** The library in an embedding program that makes mistakes. */
import assert from "node:assert/strict";
import { pathToFileURL } from "node:url";
import { Balancer, type BalancerEvent, type BalancerOptions, type Strategy } from "../../mod.ts";
import { ENGINES } from "../faults/subject.ts";
import { echoBackend } from "../support/backends.ts";
import { Client } from "../support/client.ts";
import { linux, testWith } from "../support/requirements.ts";
import { temporaryDirectory } from "../support/temporary_directory.ts";

const strategy = (choose: Strategy["choose"], name = "own"): Strategy => ({
  name,
  label: "Own",
  title: "a strategy of its own",
  rotates: false,
  sticky: false,
  choose,
});

/** Runs a balancer before an echo server, and sends it a word. @returns errors that were reported meanwhile */
async function echoThrough(options: Partial<BalancerOptions>): Promise<string[]> {
  const reported: string[] = [];
  const listen = (event: ErrorEvent) => {
    event.preventDefault();
    reported.push(event.message);
  };
  addEventListener("error", listen);
  try {
    await using backend = echoBackend();
    const channels = [{ host: "127.0.0.1", port: backend.address.port }];
    await using balancer = await Balancer.start({
      hostname: "127.0.0.1",
      port: 0,
      groups: [{ channels, strategy: options.strategies?.[0].name }],
      ...options,
    });
    using client = await Client.connect(balancer.address.port);
    await client.send("hello");
    assert.equal((await client.readExactly(5)).length, 5);
    return reported;
  } finally {
    removeEventListener("error", listen);
  }
}

const fail = () => {
  throw new Error("out of ink");
};

for (const engine of ENGINES) {
  const needs = engine === "linux" ? [linux] : [];

  testWith(
    needs,
    `library, ${engine} engine: host names to listen on and to connect from are resolved`,
    async () => {
      assert.deepEqual(await echoThrough({ engine, hostname: "localhost", source: "localhost" }), []);
    },
  );

  testWith(
    needs,
    `library, ${engine} engine: a callback that throws is reported, and the connection continues`,
    async () => {
      for (const hook of ["onEvent", "onChunk"]) {
        const reported = await echoThrough({ engine, trace: true, [hook]: fail });
        assert.ok(reported.length > 0, hook);
        assert.deepEqual(new Set(reported), new Set(["Uncaught Error: out of ink"]), hook);
      }
    },
  );

  testWith(needs, `library, ${engine} engine: impossible options are errors that name them`, async () => {
    const wrong: [Partial<BalancerOptions>, name: string, message: RegExp][] = [
      [{ hostname: "" }, "UnknownHost", /"" is not a host name/],
      [{ hostname: "no such" }, "UnknownHost", /"no such" is not a host name/],
      [{ source: "no such" }, "UnknownHost", /"no such" is not a host name/],
      [{ groups: [{ channels: [{ host: "a\u202eb", port: 1 }] }] }, "UnknownHost", /"a\\u202eb" is not a host name/],
      [
        { groups: [{ channels: [], strategy: "a\u202eb" }] },
        "RangeError",
        /Cannot use groups\[0\].strategy "a\\u202eb"/,
      ],
      [{ strategies: [strategy(() => 0, "rr")] }, "RangeError", /strategies\[0\].name "rr": another strategy/],
      [{ port: 65536 }, "RangeError", /Cannot use port 65536/],
      [{ groups: [{ channels: ["a:80" as never] }] }, "TypeError", /Cannot use groups\[0\].channels\[0\] "a:80"/],
      [{ idelTimeout: 5 } as object, "TypeError", /Cannot use idelTimeout: .* did you mean idleTimeout\?$/],
    ];
    for (const [options, name, message] of wrong) {
      await assert.rejects(Balancer.start({ hostname: "127.0.0.1", port: 0, engine, ...options }), { name, message });
    }
  });

  testWith(
    needs,
    `library, ${engine} engine: a drain with an endless or meaningless time is refused and changes nothing`,
    async () => {
      await using balancer = await Balancer.start({ hostname: "127.0.0.1", port: 0, engine });
      for (const seconds of [NaN, -1, Infinity]) {
        await assert.rejects(balancer.drain(seconds), { name: "RangeError", message: /^Cannot use seconds/ });
      }
      using client = await Client.connect(balancer.address.port);
      assert.equal((await client.readToEnd()).length, 0);
    },
  );
}

for (const engine of ENGINES) {
  testWith(engine === "linux" ? [linux] : [], `library, ${engine} engine: a strategy in a file may fail`, async () => {
    using directory = temporaryDirectory();
    const events: BalancerEvent[] = [], file = `${directory.path}/own.ts`;
    Deno.writeTextFileSync(file, `export default (): number => { throw new Error("out of paper"); };`);
    const options = {
      engine,
      strategies: [{ name: "own", file }],
      onEvent: (event: BalancerEvent) => void events.push(event),
    };
    assert.deepEqual(await echoThrough(options), []);
    assert.deepEqual(
      await echoThrough({ ...options, strategies: [{ name: "own", file: pathToFileURL(file).href }] }),
      [],
    );
    const failed = { type: "strategy-failed", name: "own", reason: "out of paper" };
    assert.deepEqual(events, [failed, failed]);
  });
}

Deno.test("library: with a strategy besides files, the linux engine says what it takes", async () => {
  using directory = temporaryDirectory();
  const file = `${directory.path}/own.js`, missing = { name: "own", file };
  await assert.rejects(
    echoThrough({ strategies: [missing] }),
    /strategies\[0\]\.file ".*own\.js": there is no such file/,
  );
  Deno.writeTextFileSync(file, "export default () => -1;");
  await assert.rejects(
    echoThrough({ strategies: [missing, missing] }),
    /strategies\[1\]\.name "own": another strategy/,
  );
  await assert.rejects(
    echoThrough({ engine: "linux", strategies: [missing, strategy(() => 0, "mine")] }),
    /custom strategies cannot be sent to its threads, unless they are files|this is/,
  );
  assert.deepEqual(await echoThrough({ strategies: [strategy(() => 0, "mine"), missing] }), []);
});

Deno.test("library: a strategy that throws is reported, and the channel in turn is taken", async () => {
  const reported = await echoThrough({ engine: "portable", strategies: [strategy(fail)] });
  assert.deepEqual(reported, ["Uncaught Error: out of ink"]);
});

Deno.test("library: whatever a strategy answers, a channel of its group is taken", async () => {
  const foreign: unknown[] = [1n, "1", Symbol("1"), null, undefined, {}, { valueOf: fail }, [1], true];
  for (const answer of [NaN, -2, 0.5, 1e9, Infinity, ...foreign as number[]]) {
    assert.deepEqual(await echoThrough({ engine: "portable", strategies: [strategy(() => answer)] }), []);
  }
});
