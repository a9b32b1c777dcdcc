/** Who may come in, as an embedding program says it. */
import assert from "node:assert/strict";
import { Balancer, type BalancerEvent, type BalancerOptions } from "../../mod.ts";
import { ENGINES } from "../faults/subject.ts";
import { namedBackend } from "../support/backends.ts";
import { Client } from "../support/client.ts";
import { eventually } from "../support/eventually.ts";
import { linux, testWith } from "../support/requirements.ts";
import { temporaryDirectory } from "../support/temporary_directory.ts";

for (const engine of ENGINES) {
  const test = (sentence: string, body: () => Promise<void>) =>
    testWith(engine === "linux" ? [linux] : [], `library, ${engine} engine: ${sentence}`, body);

  /** A balancer with one back end that says `x`, and what it reports. */
  const start = async (options: Partial<BalancerOptions>) => {
    const backend = namedBackend("x"), events: BalancerEvent[] = [];
    const groups = [{ channels: [{ host: "127.0.0.1", port: backend.address.port }] }];
    const place = { hostname: "127.0.0.1", port: 0, engine, groups };
    const balancer = await Balancer.start({ ...place, onEvent: (event) => events.push(event), ...options });
    const [service] = balancer.services;
    return {
      balancer,
      backend,
      service,
      events,
      ask: async ({ address } = service) => {
        using client = await Client.connect(address.port);
        await client.finish().catch(() => {});
        return await client.readAllText();
      },
      async [Symbol.asyncDispose]() {
        await balancer.stop();
        await backend[Symbol.asyncDispose]();
      },
    };
  };

  test("rules of operators hold for the next client, and end when they should", async () => {
    await using world = await start({});
    const { service, ask } = world;
    assert.equal(service.accessState(), undefined);
    assert.equal(await service.unban(), 0);
    assert.equal(await ask(), "x");
    await service.deny("127.0.0.0/8,::1");
    assert.equal(await ask(), "");
    await service.allow("127.0.0.1", { seconds: 3600 });
    assert.equal(await ask(), "x");
    const state = service.accessState()!;
    assert.deepEqual(state.operators.map(({ action, network, hits }) => [action, network, hits]), [
      ["allow", "127.0.0.1", 1],
      ["deny", "::1", 0],
      ["deny", "127.0.0.0/8", 1],
    ]);
    assert.equal(state.refused.operator, 1);
    await service.allow("127.0.0.1", { seconds: 0.01 });
    await eventually(
      "the rule has ended that took the other's place",
      () => service.accessState()!.operators.length === 2,
    );
    assert.equal(await ask(), "");
    assert.equal(await service.unban("127.0.0.0/8"), 1);
    assert.equal(await ask(), "x");
    const refused = world.events.filter(({ type }) => type === "refused");
    assert.ok(refused.length > 0);
    for (const event of refused) {
      assert.deepEqual(event, {
        type: "refused",
        reason: "operator",
        client: "127.0.0.1",
        dryRun: false,
        service: service.name,
      });
    }
  });

  test("a list follows its file, and one file serves lists of two services", async () => {
    using directory = temporaryDirectory();
    const file = `${directory.path}/list`, networks = `@${file}`;
    Deno.writeTextFileSync(file, "10.0.0.0/8\n");
    await using world = await start({ accessRules: [{ action: "deny", networks }] });
    const { balancer, ask, events } = world;
    const only = await balancer.serve({
      name: "only",
      hostname: "127.0.0.1",
      port: 0,
      groups: [{ channels: [{ host: "127.0.0.1", port: world.backend.port }] }],
      accessRules: [{ action: "allow", networks }],
    });
    assert.deepEqual([await ask(), await ask(only)], ["x", ""]);
    Deno.writeTextFileSync(file, "127.0.0.1\n10.0.0.0/8\n");
    await eventually("the file is read", () => events.some(({ type }) => type === "networks-read"));
    // Threads follow a moment later.
    for (const [service, wanted] of [[world.service, ""], [only, "x"]] as const) {
      while (await ask(service) !== wanted);
    }
    Deno.writeTextFileSync(file, "nonsense\n");
    await eventually("the fault is told", () => events.some(({ type }) => type === "networks-stale"));
    assert.deepEqual([await ask(), await ask(only)], ["", "x"], "what the file said before still holds");
    assert.deepEqual(events.filter(({ type }) => type === "networks-stale"), [{
      type: "networks-stale",
      file,
      reason: `"${file}" line 1: "nonsense" is not a numeric address`,
    }]);
  });

  test("in a dry run everybody comes in, and whoever would not have is counted", async () => {
    await using world = await start({ accessRules: [{ action: "deny", networks: "all" }], accessDryRun: true });
    assert.equal(await world.ask(), "x");
    await world.service.deny("127.0.0.1");
    assert.equal(await world.ask(), "x");
    const { dryRun, refused, spared, rules } = world.service.accessState()!;
    assert.deepEqual([dryRun, refused.denied, spared.denied, spared.operator, rules[0].hits], [true, 0, 1, 1, 1]);
  });
}

Deno.test("library: bad networks are errors that name them", async () => {
  const place = { hostname: "127.0.0.1", port: 0, engine: "portable" } as const;
  await assert.rejects(Balancer.start({ ...place, accessRules: [{ action: "deny", networks: "10.0.0.1/8" }] }), {
    name: "RangeError",
    message: /"10\.0\.0\.1\/8".*did you mean "10\.0\.0\.0\/8"/,
  });
  await assert.rejects(Balancer.start({ ...place, accessRules: [{ action: "deny", networks: "@/nowhere/list" }] }), {
    code: "ERR_NETWORK_FILE",
    message: 'cannot read "/nowhere/list": there is no such file',
  });
  await using balancer = await Balancer.start(place);
  const [service] = balancer.services;
  await assert.rejects(service.deny("web1"), {
    code: "ERR_OUT_OF_RANGE",
    message: 'Cannot use networks: "web1" is not a numeric address',
  });
  await assert.rejects(service.allow("@list"), /"@list" is a file; only --allow and --deny take files$/);
  await assert.rejects(service.allow("10.0.0.1", { seconds: -1 }), { code: "ERR_OUT_OF_RANGE" });
  await assert.rejects(service.unban("10.0.0.1/8"), /did you mean 10\.0\.0\.0\/8\?$/);
  await assert.rejects(service.deny(7 as unknown as string), TypeError);
  assert.equal(service.accessState(), undefined);
});
