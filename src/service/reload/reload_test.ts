/** What a reload does when one of its steps fails, with an engine that only pretends. */
import assert from "node:assert/strict";
import { pretendedListener, pretendedService, SURROUNDINGS } from "../../../tests/support/pretended_service.ts";
import type { Engine } from "../../engine/engine.ts";
import type { GroupWords } from "../../options/group_words.ts";
import type { ServiceSpec } from "../../options/service_spec.ts";
import { MAX_CHANNELS } from "../../table/limits.ts";
import { draftService } from "../drafts/draft_service.ts";
import { NotUndone } from "./not_undone.ts";
import { Reload } from "./reload.ts";
import type { Service } from "../service.ts";

function specOf(name: string, port: number, hostname = "127.0.0.1"): ServiceSpec {
  return {
    name,
    ports: [{ first: port, last: port, word: String(port) }],
    groups: [],
    values: { hostname: [hostname] },
  };
}

function engineWith(listen: Engine["listen"]): Engine {
  return { listen } as Engine;
}

async function reloadOf(
  before: readonly ServiceSpec[],
  next: readonly ServiceSpec[],
  host: (services: readonly Service[]) => ConstructorParameters<typeof Reload>[0],
): Promise<{ reload: Reload; running: ReturnType<typeof pretendedService>[] }> {
  const drafts = (specs: readonly ServiceSpec[]) => Promise.all(specs.map((spec) => draftService(spec, SURROUNDINGS)));
  const running = (await drafts(before)).map(pretendedService);
  const services = running.map(({ service }) => service);
  const reload = new Reload(host(services), { values: {}, services: next }, await drafts(next));
  return { reload, running };
}

Deno.test("a service that is still starting when another fails accepts no clients any more, and keeps those it has", async () => {
  const slow = Promise.withResolvers<void>(), stopped: string[] = [];
  const { reload } = await reloadOf([], [specOf("slow", 1001), specOf("broken", 1002)], (services) => ({
    inStep: (_, draft) => draft,
    engine: engineWith(pretendedListener),
    services,
    values: {},
    become: () => assert.fail("it has failed"),
    serve: async (draft) => {
      const { service, served } = pretendedService(draft);
      if (service.name === "broken") throw new Error("no thread serves it");
      await slow.promise;
      served.stopAccepting = () => void stopped.push(service.name);
      served.closeAll = () => assert.fail("it may have clients already");
      return service;
    },
  }));
  // Long after the other has failed.
  setTimeout(slow.resolve);
  await assert.rejects(reload.apply(), /no thread serves it/);
  assert.deepEqual(stopped, ["slow"]);
});

Deno.test("a reload fails as a whole when operators take the room of its channels while it waits for a queue", async () => {
  const groups = (count: number): GroupWords[] => {
    const channels = Array.from({ length: count }, (_, i) => ({ host: "127.0.0.1", port: 2000 + i, maxc: 0 }));
    return [{ strategy: "rr", channels }];
  };
  const before = { ...specOf("one", 1001), groups: groups(MAX_CHANNELS - 1) };
  const next = { ...specOf("one", 1001, "0.0.0.0"), groups: groups(MAX_CHANNELS) };
  const { reload, running: [{ service, served }] } = await reloadOf([before], [next], (services) => ({
    inStep: (_, draft) => draft,
    engine: engineWith(pretendedListener),
    services,
    values: {},
    become: () => assert.fail("it has failed"),
    serve: () => Promise.reject(new Error("there is nothing to serve")),
  }));
  let looks = 0;
  Object.defineProperty(served.listeners[0], "queued", {
    get: () => {
      if (looks++ === 0) service.groups.add(0, { host: "127.0.0.1", address: { host: "127.0.0.1", port: 1999 } });
      return 2 - looks;
    },
  });
  await assert.rejects(reload.apply(), { name: "NoRoom" });
  assert.equal(looks, 2);
  assert.deepEqual(served.listeners.map(({ address }) => address), [{ hostname: "127.0.0.1", port: 1001 }]);
});

Deno.test("where one step cannot be undone, the others are, and the error says both", async () => {
  const before = [specOf("one", 1001), specOf("two", 1002)];
  const next = [specOf("one", 1001, "0.0.0.0"), specOf("two", 1002, "0.0.0.0")];
  const { reload, running } = await reloadOf(before, next, (services) => ({
    inStep: (_, draft) => draft,
    engine: engineWith((place) => {
      // Both ports are given up; then only the first can be opened again.
      if (place.port === 1002) throw new Error(`somebody else has ${place.hostname}:1002`);
      return pretendedListener(place);
    }),
    services,
    values: {},
    become: () => assert.fail("it has failed"),
    serve: () => Promise.reject(new Error("there is nothing to serve")),
  }));
  await assert.rejects(reload.apply(), (error) => {
    assert.ok(error instanceof NotUndone);
    assert.deepEqual(error.problems, ["somebody else has 127.0.0.1:1002"]);
    assert.equal((error.cause as Error).message, "somebody else has 0.0.0.0:1002");
    return true;
  });
  const [one, two] = running;
  assert.deepEqual(one.served.listeners.map(({ address }) => address), [{ hostname: "127.0.0.1", port: 1001 }]);
  assert.deepEqual(two.served.listeners, []);
  // It can be shown all the same.
  assert.deepEqual(two.service.address, { hostname: "127.0.0.1", port: 1002 });
  assert.deepEqual(two.service.ports.map(({ first }) => first), [1002]);
});
