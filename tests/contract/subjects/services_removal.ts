import assert from "node:assert/strict";
import { echoBackend, namedBackend } from "../../support/backends.ts";
import { Client } from "../../support/client.ts";
import { eventually, pause } from "../../support/eventually.ts";
import { OngoingLoad } from "../../support/ongoing_load.ts";
import { digestOf, pattern } from "../../support/pattern.ts";
import type { ServiceTrial } from "../shared_trial.ts";
import type { ContractTest, StartShared } from "../suite.ts";

/** How often a service is removed; its sockets, and the clients that come to each of them at the same time. */
const ROUNDS = 4, SOCKETS = 2, ABREAST = 4;

/** Sockets of one service, of which many are removed at once, and how many of them a client tries. */
const MANY = 2000, TRIED = 20;

/** Streams that go on while it drains, and what each carries. */
const STREAMS = 4, STREAM = pattern(1_000_000), REQUEST = pattern(3000);

export function servicesRemoval(test: ContractTest): void {
  test(
    "a service is removed under its own load: whoever was accepted is served to the end, all others get nothing",
    async (_, share) => {
      await underLoad(share, false, async ({ goes, streams, newcomers }) => {
        goes.served.stopAccepting();
        for (const stream of streams) {
          const received = stream.readToEnd();
          await stream.send(STREAM);
          await stream.finish();
          assert.deepEqual(await received, { ...digestOf(STREAM), end: "end-of-stream" });
          stream[Symbol.dispose]();
        }
        await newcomers.refused;
        await goes.served.ended;
        goes.assertGivenBack();
        const { total, failed } = goes.table.counters(0);
        assert.deepEqual([Number(total), failed, goes.eventTypes], [newcomers.served + STREAMS, 0n, []]);
      });
    },
  );

  test("a service whose connections are closed under its own load ends, and the others go on", async (_, share) => {
    await underLoad(share, true, async ({ goes, streams, newcomers }) => {
      goes.served.stopAccepting();
      goes.served.closeAll();
      await goes.served.ended;
      goes.assertGivenBack();
      await newcomers.refused;
      for (const stream of streams) {
        await stream.readToEnd();
        stream[Symbol.dispose]();
      }
    });
  });

  test("of thousands of sockets, many are removed and handed over at once, and the rest stay", async (_, share) => {
    await using a = namedBackend("a");
    await using b = namedBackend("b");
    await using trial = await share();
    const one = await trial.serve({ channels: [a], sockets: MANY });
    const other = await trial.serve({ channels: [b], sockets: 0 });
    const listeners = [...one.served.listeners], third = (rest: number) => listeners.filter((_, i) => i % 3 === rest);
    const [stay, go, move] = [third(0), third(1), third(2)], handedOver: Promise<void>[] = [];
    for (const [i, listener] of go.entries()) {
      one.served.removeListener(listener);
      if (i < move.length) handedOver.push(one.served.handOver(move[i], other.served));
    }
    await Promise.all(handedOver);
    assert.deepEqual([one.served.listeners, other.served.listeners], [stay, move]);
    // Deno releases a listener in the next turn of its loop.
    await pause(0);
    for (let i = 0; i < TRIED; i++) {
      const at = Math.floor(i * move.length / TRIED);
      assert.deepEqual([await one.ask(at), await other.ask(at)], ["a", "b"]);
      await assert.rejects(() => Client.connect(go[at].address.port), { code: "ECONNREFUSED" });
    }
  });
}

/** A service that is about to go, and who uses it. */
interface Used {
  readonly goes: ServiceTrial;
  readonly streams: readonly Client[];
  readonly newcomers: Newcomers;
}

/**
 * Removes one used service after another, beside one that stays and goes on serving.
 *
 * @param mayBeCut whether connections may be closed before they have ended
 */
async function underLoad(
  share: StartShared,
  mayBeCut: boolean,
  remove: (used: Used) => Promise<void>,
): Promise<void> {
  await using backend = echoBackend();
  await using trial = await share();
  const stays = await trial.serve({ channels: [backend] });
  await using load = await OngoingLoad.start(() => stays.connect());
  for (let round = 0; round < ROUNDS; round++) {
    const goes = await trial.serve({ channels: [backend], sockets: SOCKETS });
    const streams = await Promise.all(Array.from({ length: STREAMS }, () => begun(goes)));
    const newcomers = new Newcomers(goes, mayBeCut);
    await eventually("new clients are served", () => newcomers.served >= 20);
    await remove({ goes, streams, newcomers });
    await load.more(5);
  }
}

/** A stream that has a channel. */
async function begun(service: ServiceTrial): Promise<Client> {
  const client = await service.connect();
  await client.send("x");
  await client.readExactly(1);
  return client;
}

/** Clients that come to a service one after another until it refuses them. */
class Newcomers {
  /** How many have been served to the end. */
  served = 0;
  /** Resolves when none is left. */
  readonly refused: Promise<unknown>;
  readonly #service: ServiceTrial;
  readonly #mayBeCut: boolean;

  /** @param mayBeCut whether connections may be closed before they have ended */
  constructor(service: ServiceTrial, mayBeCut: boolean) {
    this.#service = service;
    this.#mayBeCut = mayBeCut;
    this.refused = Promise.all(Array.from({ length: SOCKETS * ABREAST }, (_, i) => this.#come(i % SOCKETS)));
  }

  async #come(socket: number): Promise<void> {
    for (;;) {
      try {
        using client = await this.#service.connect(socket);
        await this.#visit(client);
      } catch (error) {
        const { code } = error as { code?: string };
        if (code === "ECONNREFUSED" || code === "ECONNRESET") return;
        throw error;
      }
    }
  }

  async #visit(client: Client): Promise<void> {
    let answered = false;
    try {
      await client.send(REQUEST);
      await client.readExactly(1);
      answered = true;
      await client.readExactly(REQUEST.length - 1);
      await client.finish();
      assert.deepEqual((await client.readToEnd()).length, 0);
      this.served++;
    } catch (error) {
      // It was in the queue when the port was closed.
      if (answered && !this.#mayBeCut) throw error;
    }
  }
}
