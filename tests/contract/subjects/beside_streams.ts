import assert from "node:assert/strict";
import type { Tap } from "../../../src/engine/engine.ts";
import { echoBackend } from "../../support/backends.ts";
import { Client } from "../../support/client.ts";
import type { ContractTest, StartTrial } from "../suite.ts";

const STREAMS = 8, TIMES = 10;

/** Bytes that streams may move per request of somebody else. If streams do not yield, it is gigabytes. */
const ENOUGH = 100_000_000;

export function besideStreams(test: ContractTest): void {
  test("streams at full speed let others take their turn", (start) => othersHaveTheirTurn(start));
}

/** Asserts how far streams get while others exchange messages and new clients come. */
export async function othersHaveTheirTurn(start: StartTrial, tap?: Tap): Promise<void> {
  await using streams = await Streams.start(start, tap);
  await using echo = echoBackend();
  streams.setBackend(echo.address);
  using client = await Client.connect(streams.port);
  const roundTrip = async (client: Client) => {
    await client.send("x");
    await client.readExactly(1);
  };
  const beside = await streams.movedDuring(() => roundTrip(client));
  assert.ok(beside < ENOUGH, `${beside} bytes of streams beside each round trip`);
  const besideNew = await streams.movedDuring(async () => {
    using another = await Client.connect(streams.port);
    await roundTrip(another);
  });
  assert.ok(besideNew < ENOUGH, `${besideNew} bytes of streams beside each connection`);
}

/** An engine that is busy with streams whose ends are in another thread. */
class Streams implements AsyncDisposable {
  readonly #worker: Worker;
  readonly #trial: Awaited<ReturnType<StartTrial>>;

  private constructor(worker: Worker, trial: Awaited<ReturnType<StartTrial>>) {
    this.#worker = worker;
    this.#trial = trial;
  }

  static async start(start: StartTrial, tap?: Tap): Promise<Streams> {
    const worker = new Worker(new URL("./streams_worker.ts", import.meta.url), { type: "module" });
    const port = await said(worker, 1);
    const trial = await start({ channels: [{ address: { host: "127.0.0.1", port } }], tap });
    worker.postMessage({ port: trial.port, streams: STREAMS });
    await said(worker, STREAMS);
    return new Streams(worker, trial);
  }

  get port(): number {
    return this.#trial.port;
  }

  /** What further clients reach. */
  setBackend(address: { readonly host: string; readonly port: number }): void {
    this.#trial.table.setAddress(0, address);
  }

  /** Bytes that the streams move while something is done, on average of several times. */
  async movedDuring(something: () => Promise<void>): Promise<number> {
    const before = this.#trial.counters(0).rcvd;
    for (let i = 0; i < TIMES; i++) await something();
    return Number(this.#trial.counters(0).rcvd - before) / TIMES;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#worker.terminate();
    await this.#trial[Symbol.asyncDispose]();
  }
}

/** The last of so many messages. */
function said(worker: Worker, messages: number): Promise<number> {
  return new Promise((resolve, reject) => {
    worker.onmessage = ({ data }) => {
      if (--messages === 0) resolve(data);
    };
    worker.onerror = (event) => {
      event.preventDefault();
      reject(new Error(event.message));
    };
  });
}
