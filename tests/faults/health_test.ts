import assert from "node:assert/strict";
import { echoBackend, silentBackend } from "../support/backends.ts";
import type { Client } from "../support/client.ts";
import { echo } from "../support/echoed.ts";
import { installed, linux } from "../support/requirements.ts";
import { Balance } from "./balance.ts";
import { FlappingBackends } from "./flapping_backend.ts";
import { eventuallyAsync, pause, show, since, within } from "./patience.ts";
import { LONG, type Scenario, testScenarios } from "./scenario.ts";
import type { Target } from "./target.ts";

/** Seconds between checks, and the failures and good checks that count. */
const INTERVAL = 0.5, FALL = 3, RISE = 2;

/** Clients at a time. */
const WORKERS = 4;

const CHECKS = ["--check", "tcp", "--check-interval", String(INTERVAL)];

/** What clients meet that come one after another, from several workers. */
class Visitors {
  answered = 0;
  unanswered = 0;
  #over = false;
  readonly #workers: Promise<void>[];

  constructor(target: Target, count = WORKERS) {
    this.#workers = Array.from({ length: count }, async () => {
      while (!this.#over) {
        try {
          using client = await target.client();
          await echo(client, "x");
          this.answered++;
        } catch {
          this.unanswered++;
        }
        await pause(1);
      }
    });
  }

  async end(): Promise<void> {
    this.#over = true;
    await Promise.all(this.#workers);
  }
}

export const scenarios: Scenario[] = [{
  fault: "a back end dies and returns, with checks",
  made: `two back ends, checked every ${INTERVAL} s; one is gone for ${LONG ? 10 : 3} s`,
  holds: "only clients that it had taken are lost; it has its share again after two good checks",
  peer: true,
  async measure(subject) {
    await using backends = new FlappingBackends(2);
    const { all: [, goes], channels } = backends;
    await using target = await subject.start(channels, { options: CHECKS });
    if (target instanceof Balance) {
      await target.untilState(
        "they have been checked",
        ({ groups: [{ channels }] }) => channels.every(({ health }) => health?.state === "up"),
      );
    }
    const visitors = new Visitors(target);
    await eventuallyAsync("clients are served", () => Promise.resolve(visitors.answered > 100));
    const gone = performance.now(), figures: string[] = [];
    goes.vanish();
    if (target instanceof Balance) {
      await target.untilState("it is down", ({ groups: [{ channels }] }) => !channels[1].enabled);
      figures.push(within("no client meets it after", since(gone), FALL * INTERVAL + 0.5, "s"));
      const { failed } = (await target.channels())[1];
      await pause(LONG ? 9000 : 2000);
      assert.equal((await target.channels())[1].failed, failed, "while it is down, no client meets it");
      figures.push(`${failed} clients met it dead and got the other`);
    } else await pause(LONG ? 10_000 : 3000);
    const back = performance.now();
    goes.appear();
    const { accepted } = goes;
    await eventuallyAsync("it has clients again", () => Promise.resolve(goes.accepted > accepted + 2 * RISE + 10));
    figures.push(within("used again after", since(back), subject.isPeer ? 60 : (RISE + 1) * INTERVAL + 0.5, "s"));
    await visitors.end();
    // Those in its kernel's queue when it goes cannot be given to another: at most one of each worker.
    if (!subject.isPeer) assert.ok(visitors.unanswered <= WORKERS, `${visitors.unanswered} unanswered`);
    return [`${visitors.answered} answered, ${visitors.unanswered} not`, ...figures];
  },
}, {
  fault: "a back end that accepts and never answers, with checks",
  made: `checks of http:/ every ${INTERVAL} s; the back end's kernel accepts, but nobody answers`,
  holds: "the first check takes it down, and clients get the other channel",
  async measure(subject) {
    await using silent = silentBackend();
    await using one = echoBackend();
    await using target = await subject.balance([`127.0.0.1:${silent.port}`, `127.0.0.1:${one.port},check=off`], {
      options: ["--check", "http:/", "--check-interval", String(INTERVAL)],
    });
    const start = performance.now();
    await target.untilState("it is down", ({ groups: [{ channels }] }) => !channels[0].enabled);
    const took = within("down after", since(start), INTERVAL + 1, "s");
    for (let i = 0; i < 10; i++) {
      using client = await target.client();
      await echo(client, "x");
    }
    const [line] = target.logged(/is down, L7TOUT/);
    assert.ok(line !== undefined, target.log.text);
    return [took, "the log says L7TOUT"];
  },
}, {
  fault: "flapping back ends, with checks",
  made: `three back ends, checked every 0.1 s, each going away and coming back every 200 ms; ${LONG ? 30 : 4} s`,
  holds: "every client is answered by a back end that is up, and the log stays short",
  peer: true,
  async measure(subject) {
    await using backends = new FlappingBackends(3);
    const { all, channels } = backends, end = performance.now() + (LONG ? 30_000 : 4000);
    await using target = await subject.start(channels, { options: ["--check", "tcp", "--check-interval", "0.1"] });
    const visitors = new Visitors(target);
    for (let i = 0; performance.now() < end; i = (i + 1) % 3) {
      all[i].vanish();
      await pause(200);
      all[i].appear();
    }
    await visitors.end();
    const figures = [`${visitors.answered} answered, ${visitors.unanswered} not`];
    if (target instanceof Balance) {
      const lines = target.logged(/is (down|up|flapping)/).length;
      assert.ok(visitors.answered > 100 && lines <= 15 && visitors.unanswered <= visitors.answered / 50, `${figures}`);
      figures.push(`${lines} log lines about channels`);
    }
    return figures;
  },
}, {
  fault: "all back ends down and back, with checks",
  made: `three back ends, checked every ${INTERVAL} s, go away together and come back together`,
  holds: "clients are let in as soon as one is back, before checks say so",
  async measure(subject) {
    await using backends = new FlappingBackends(3);
    const { all, channels } = backends;
    await using target = await subject.balance(channels, { options: CHECKS });
    for (const backend of all) backend.vanish();
    await target.untilState("all are down", ({ groups: [{ channels }] }) => channels.every(({ enabled }) => !enabled));
    {
      using client = await target.client();
      assert.equal((await client.readToEnd()).length, 0);
    }
    for (const backend of all) backend.appear();
    const back = performance.now();
    {
      using client = await target.client();
      await echo(client, "x");
    }
    const served = `served ${show(since(back) * 1000)} ms after the return`;
    await target.untilState("all are up", ({ groups: [{ channels }] }) => channels.every(({ enabled }) => enabled));
    assert.equal(target.logged(/all channels are down/).length, 1);
    return [served, within("all up after", since(back), (RISE + 1) * INTERVAL + 0.5, "s")];
  },
}, {
  fault: "out of descriptors with checks",
  made: "hard limit of 256 descriptors, 400 clients, no cap on connections, a channel checked every 0.2 s",
  holds: "no channel is taken for dead",
  needs: [linux, installed("prlimit")],
  async measure(subject) {
    await using backend = echoBackend();
    await using target = await subject.balance([`127.0.0.1:${backend.port}`], {
      before: ["prlimit", "--nofile=256:256"],
      options: ["--max-connections", "1000", "-t", "60", "--check", "tcp", "--check-interval", "0.2"],
      automaticThreads: true,
    });
    const clients: Client[] = await Promise.all(Array.from({ length: 400 }, () => target.client()));
    await eventuallyAsync("the clients have taken all they can", async () => (await target.state()).connections >= 80);
    await pause(LONG ? 5000 : 2000);
    const [{ health, enabled }] = await target.channels();
    for (const client of clients) client[Symbol.dispose]();
    assert.ok(enabled);
    assert.deepEqual(target.logged(/is down/), []);
    return [`after ${LONG ? 5 : 2} s the last result is ${health?.last?.result}, state ${health?.state}`];
  },
}];

testScenarios(import.meta.url, scenarios);
