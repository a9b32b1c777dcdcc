import assert from "node:assert/strict";
import { BY, END } from "../../table/records/ends.ts";
import { RecordRings } from "../../table/records/record_rings.ts";
import type { Service } from "../service.ts";
import { RecordFeed } from "./record_feed.ts";

/** A service that has ended when `end` is called. */
function service(id: number): { readonly service: Service; readonly end: () => void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { service: { name: `s${id}`, served: { id, ended: promise } } as unknown as Service, end: resolve };
}

/** An engine's thread that writes records. */
class Writer {
  /** How often main was told. */
  told = 0;
  readonly #feed: RecordFeed;

  constructor(feed: RecordFeed) {
    this.#feed = feed;
  }

  write(id: number, service: number): void {
    const ring = RecordRings.attach(this.#feed.settings.rings).ring(0), fields = ring.begin();
    fields?.connection(id, service, 0, 1);
    fields?.end(END.IDLE, BY.BALANCE);
    if (fields === undefined || !ring.commit()) return;
    this.told++;
    this.#feed.settings.waiting();
  }
}

/** A feed with a listener that resolves `seen` when it has got so many records. */
function listened(feed: RecordFeed, count: number): { readonly got: string[]; readonly seen: Promise<void> } {
  const got: string[] = [], { promise: seen, resolve } = Promise.withResolvers<void>();
  feed.listen((record, { name }) => {
    got.push(`${name} ${record.id}`);
    if (got.length === count) resolve();
  });
  return { got, seen };
}

Deno.test("whoever listens gets the records of each service, in their order", async () => {
  const feed = new RecordFeed(1), writer = new Writer(feed), { got, seen } = listened(feed, 3);
  feed.add(service(1).service);
  feed.add(service(2).service);
  writer.write(7, 1);
  writer.write(8, 2);
  writer.write(9, 1);
  assert.equal(writer.told, 1);
  await seen;
  assert.deepEqual(got, ["s1 7", "s2 8", "s1 9"]);
  feed.stop();
});

Deno.test("who listens first gets what came before, as far as there was room", async () => {
  const feed = new RecordFeed(1), writer = new Writer(feed), { service: one, end } = service(1);
  feed.add(one);
  for (let id = 0; id < 5000; id++) writer.write(id, 1);
  end();
  await one.served.ended;
  const { got, seen } = listened(feed, 4096), other = listened(feed, 4096);
  assert.equal(feed.lost, 904);
  await Promise.all([seen, other.seen]);
  assert.deepEqual([got[0], got.at(-1), other.got.length], ["s1 0", "s1 4095", 4096]);
  feed.stop();
});

Deno.test("what came while nobody listened any more is nobody's, and not lost either", async () => {
  const feed = new RecordFeed(1), writer = new Writer(feed);
  feed.add(service(1).service);
  feed.listen(() => {})();
  for (let id = 0; id < 5000; id++) writer.write(id, 1);
  const { got, seen } = listened(feed, 1);
  assert.equal(feed.lost, 0);
  writer.write(5000, 1);
  await seen;
  assert.deepEqual(got, ["s1 5000"]);
  feed.stop();
});

Deno.test("a flood comes in slices, and what had no room is counted", async () => {
  const feed = new RecordFeed(1), writer = new Writer(feed), { got, seen } = listened(feed, 4096);
  feed.add(service(1).service);
  for (let id = 0; id < 5000; id++) writer.write(id, 1);
  assert.equal(feed.lost, 904);
  let turns = 0;
  const turn = setInterval(() => turns++, 0);
  await seen;
  clearInterval(turn);
  assert.ok(turns > 3, `other timers had ${turns} turns`);
  assert.equal(got.at(-1), "s1 4095");
  feed.stop();
});

Deno.test("while many come, main looks again without being told; when few come, it has to be told", async () => {
  const feed = new RecordFeed(1), writer = new Writer(feed), { got, seen } = listened(feed, 20);
  feed.add(service(1).service);
  for (let id = 0; id < 20; id++) writer.write(id, 1);
  await seen;
  const { seen: more } = listened(feed, 1);
  writer.write(20, 1);
  assert.equal(writer.told, 1);
  await more;
  const { seen: last } = listened(feed, 1);
  writer.write(21, 1);
  assert.equal(writer.told, 2);
  await last;
  assert.deepEqual(got.slice(-2), ["s1 20", "s1 21"]);
  feed.stop();
});

Deno.test("records of a service that threads serve already come as soon as main knows it", async () => {
  const feed = new RecordFeed(1), writer = new Writer(feed), { got, seen } = listened(feed, 1);
  feed.add(service(1).service);
  writer.write(7, 2);
  writer.write(8, 1);
  await seen;
  assert.deepEqual(got, ["s1 8"]);
  feed.add(service(2).service);
  assert.deepEqual(got, ["s1 8", "s2 7"]);
  feed.add(service(3).service);
  assert.equal(got.length, 2);
  feed.stop();
});

Deno.test("a service's last records come after its end", async () => {
  const feed = new RecordFeed(1), writer = new Writer(feed), { got, seen } = listened(feed, 1);
  const { service: one, end } = service(1);
  feed.add(one);
  end();
  await one.served.ended;
  writer.write(7, 1);
  await seen;
  assert.deepEqual(got, ["s1 7"]);
  feed.stop();
});

Deno.test("the last records come when the engine has ended, and nothing after that", () => {
  const feed = new RecordFeed(1), writer = new Writer(feed), { got } = listened(feed, 1);
  feed.add(service(1).service);
  writer.write(7, 1);
  feed.stop();
  assert.deepEqual(got, ["s1 7"]);
  writer.write(8, 1);
  assert.deepEqual(got, ["s1 7"]);
});

Deno.test("who does not listen any more gets nothing; others do", async () => {
  const feed = new RecordFeed(1), writer = new Writer(feed), got: number[] = [];
  const stop = feed.listen(({ id }) => got.push(id)), { seen } = listened(feed, 1);
  feed.add(service(1).service);
  stop();
  writer.write(7, 1);
  await seen;
  assert.deepEqual(got, []);
  feed.stop();
});

Deno.test("who is to be up to date need not wait for the next drain", async () => {
  const feed = new RecordFeed(1), writer = new Writer(feed);
  feed.add(service(1).service);
  const { got } = listened(feed, 1000), drained = listened(feed, 1);
  writer.write(0, 1);
  await drained.seen;
  for (let id = 1; id < 1000; id++) writer.write(id, 1);
  assert.equal(got.length, 1, "the next drain is 100 ms after the last one");
  await feed.catchUp();
  assert.equal(got.length, 1000);
  feed.stop();
});
