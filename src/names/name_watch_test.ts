import assert from "node:assert/strict";
import type { Answer, Name } from "./name.ts";
import type { NameSource } from "./name_source.ts";
import { NameWatch } from "./name_watch.ts";

const host = (name: string): Name => ({ kind: "host", name });
const answer = (ttl: number, ...addresses: string[]): Answer => ({ addresses, services: [], ttl, source: "dns" });

/** A watch over a source, and what it reports. */
function watching(ask: NameSource["ask"]) {
  const events: string[] = [];
  let heard = Promise.withResolvers<void>();
  const note = (event: string) => {
    events.push(event);
    heard.resolve();
    heard = Promise.withResolvers();
  };
  const watch = new NameWatch({ ask }, {
    changed: () => note("changed"),
    stale: ({ name }, reason) => note(`${name} stale: ${reason}`),
    answered: ({ name }) => note(`${name} answered`),
  }, () => 0);
  const until = async (event: string) => {
    while (!events.includes(event)) await heard.promise;
  };
  return { watch, events, until };
}

Deno.test("a name is asked for once, however many need it, and no more than 16 at a time", async () => {
  let now = 0, most = 0, all = 0;
  const { watch } = watching(async () => {
    most = Math.max(most, ++now);
    all++;
    await new Promise((resolve) => setTimeout(resolve, 1));
    now--;
    return answer(60, "10.0.0.1");
  });
  const names = Array.from({ length: 100 }, (_, i) => host(`h${i}`));
  await Promise.all([watch.look(names), watch.look(names.toReversed()), watch.look([...names, ...names])]);
  assert.deepEqual([all, most, now], [100, 16, 0]);
  await watch.look(names);
  assert.equal(all, 100, "the answers still hold");
  watch.stop();
});

Deno.test("a name that is followed is asked for again, and keeps its address while it has it", async () => {
  const answers = [
    answer(0, "10.0.0.2", "10.0.0.1"),
    answer(0, "10.0.0.1", "10.0.0.2"),
    answer(0, "10.0.0.3", "10.0.0.1"),
  ];
  let asked = 0;
  const third = Promise.withResolvers<void>();
  const { watch, events } = watching(() => {
    if (++asked === 3) third.resolve();
    return Promise.resolve(answers[Math.min(asked, 3) - 1]);
  });
  const known: (string | undefined)[] = [];
  await watch.look([host("web")]);
  known.push(watch.get(host("web"))?.address);
  watch.follow([host("web")]);
  // Its timer alone would not keep the test.
  const alive = setInterval(() => {}, 1000);
  await third.promise;
  await Promise.resolve();
  clearInterval(alive);
  known.push(watch.get(host("web"))?.address);
  assert.deepEqual(known, ["10.0.0.2", "10.0.0.3"]);
  assert.deepEqual(events, ["changed", "changed"], "an answer in another order changes nothing");
  assert.equal(watch.get(host("web"))?.answer?.ttl, 1, "its floor");
  watch.stop();
});

Deno.test("failures change nothing, and are reported once until there is an answer", async () => {
  let asked = 0;
  const { watch, events, until } = watching(() => {
    return [2, 3].includes(++asked) ? Promise.reject(new Error("down")) : Promise.resolve(answer(0, "10.0.0.1"));
  });
  const alive = setInterval(() => {}, 1000);
  await watch.look([host("web")]);
  watch.follow([host("web")]);
  await until("web stale: down");
  const known = watch.get(host("web"));
  assert.deepEqual([known?.address, known?.stale], ["10.0.0.1", "down"]);
  await until("web answered");
  clearInterval(alive);
  assert.equal(watch.get(host("web"))?.stale, undefined);
  assert.deepEqual(events, ["changed", "web stale: down", "web answered"]);
  watch.stop();
});

Deno.test("a name without an answer so far is not stale, and is looked up again when somebody needs it", async () => {
  let asked = 0;
  const { watch, events } = watching(() => {
    return ++asked === 1 ? Promise.reject(new Error("down")) : Promise.resolve(answer(5, "10.0.0.1"));
  });
  await watch.look([host("web")]);
  assert.deepEqual([events, watch.get(host("web"))?.stale], [[], "down"]);
  await watch.look([host("web")]);
  assert.equal(asked, 1, "it has failed a moment ago");
  watch.stop();
});

Deno.test("who can do without an answer does not wait for a name that is followed and has none", async () => {
  const answered = Promise.withResolvers<Answer>(), { watch } = watching(() => answered.promise);
  watch.follow([host("web")]);
  let waited = false;
  const looked = watch.look([host("web")]).then(() => waited = true);
  await watch.look([host("web")], false);
  assert.ok(!waited);
  answered.resolve(answer(60, "10.0.0.1"));
  await looked;
  assert.equal(watch.get(host("web"))?.address, "10.0.0.1");
  watch.stop();
});
