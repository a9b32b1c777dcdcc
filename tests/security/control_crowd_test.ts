/** A crowd at the control socket does not affect clients. */
import assert from "node:assert/strict";
import { engineOptions, ENGINES } from "../faults/subject.ts";
import { eventuallyAsync } from "../faults/patience.ts";
import { ControlSession } from "../support/control_session.ts";
import { Instance } from "../support/instance.ts";
import { posix, testWith } from "../support/requirements.ts";

const SESSIONS = 1_000, CLIENTS = 8;

/** Clients that send one request after another, half of them each on a new connection. */
class Requests {
  answered = 0;
  readonly failed: unknown[] = [];
  #over = false;
  readonly #clients: Promise<void>[];

  constructor(url: string) {
    this.#clients = Array.from({ length: CLIENTS }, (_, i) => this.#ask(url, i % 2 === 0));
  }

  async end(): Promise<void> {
    this.#over = true;
    await Promise.all(this.#clients);
  }

  async #ask(url: string, anew: boolean): Promise<void> {
    using client = Deno.createHttpClient({ poolMaxIdlePerHost: anew ? 0 : 1 });
    for (let i = 0; !this.#over; i++) {
      try {
        const response = await fetch(`${url}/${i}`, { client });
        if (await response.text() === `/${i}`) this.answered++;
        else this.failed.push(response.status);
      } catch (error) {
        this.failed.push(error);
      }
    }
  }
}

for (const engine of ENGINES) {
  testWith([posix], `${engine}: while ${SESSIONS} control sessions come and stay, no HTTP request fails`, async () => {
    await using server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen: () => {} },
      (request) => new Response(new URL(request.url).pathname),
    );
    await using instance = await Instance.start([`127.0.0.1:${server.addr.port}`], { options: engineOptions(engine) });
    const path = `${instance.directory.path}/${instance.port}@127.0.0.1.sock`;
    const requests = new Requests(`http://127.0.0.1:${instance.port}`), crowd: ControlSession[] = [];
    try {
      const progress = async (what: string) => {
        const so = requests.answered + 200;
        await eventuallyAsync(what, () => Promise.resolve(requests.answered >= so), 30);
      };
      await progress("requests are answered before");
      for (let i = 0; i < SESSIONS; i++) crowd.push(await ControlSession.open(path));
      for (const session of crowd) await session.send("show\n");
      await progress("requests are answered meanwhile");
    } finally {
      for (const session of crowd) session[Symbol.dispose]();
      await requests.end();
    }
    assert.deepEqual(requests.failed, []);
    await eventuallyAsync("control works again", async () => (await instance.run(["-c", "show"])).code === 0);
  });
}
