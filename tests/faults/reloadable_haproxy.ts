import { Client } from "../support/client.ts";
import { freePort } from "../support/free_port.ts";
import { runs } from "../support/processes.ts";
import { temporaryDirectory } from "../support/temporary_directory.ts";
import { checkedBackend } from "./checked_backend.ts";
import { eventuallyAsync } from "./patience.ts";
import { SteadyLoad } from "./steady_load.ts";

/** How HAProxy is reloaded: a new process that ends the old one (`-sf`), or its master and workers (`-W`). */
export type ReloadKind = "-sf" | "master-worker";

/** HAProxy in ways in which it is reloaded, for the figures beside the program's. */
export class ReloadableHaproxy implements AsyncDisposable {
  readonly port = freePort();
  readonly #kind: ReloadKind;
  readonly #channels: readonly string[];
  readonly #directory = temporaryDirectory();
  /** Processes that were started here; the last one serves. */
  readonly #children: Deno.ChildProcess[] = [];
  #generation = 0;

  private constructor(kind: ReloadKind, channels: readonly string[]) {
    this.#kind = kind;
    this.#channels = channels;
  }

  /** Starts it before channels such as `127.0.0.1:80`. */
  static async start(kind: ReloadKind, channels: readonly string[]): Promise<ReloadableHaproxy> {
    const haproxy = new ReloadableHaproxy(kind, channels);
    haproxy.#configure();
    haproxy.#spawn();
    const listens = () => Client.connect(haproxy.port).then((client) => (client[Symbol.dispose](), true), () => false);
    await eventuallyAsync("HAProxy listens", listens);
    return haproxy;
  }

  /** Changes its configuration and reloads it. Resolves once the new one serves, so that reloads do not overlap. */
  async reload(): Promise<void> {
    this.#configure();
    if (this.#kind === "-sf") this.#spawn();
    else this.#children[0].kill("SIGUSR2");
    await eventuallyAsync("the new process serves", async () => await this.#served() === this.#generation, 30);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const child of this.#children) {
      if (this.#kind === "master-worker" && runs(child.pid)) child.kill("SIGTERM");
      else if (runs(child.pid)) child.kill("SIGKILL");
      await child.status;
    }
    this.#directory[Symbol.dispose]();
  }

  /** The generation of the process that answers on the statistics socket. */
  async #served(): Promise<number> {
    try {
      using connection = await Deno.connect({ transport: "unix", path: `${this.#directory.path}/stats` });
      await connection.write(new TextEncoder().encode("show info\n"));
      const text = await new Response(connection.readable).text();
      return Number(/^node: g(\d+)$/m.exec(text)?.[1]);
    } catch {
      return NaN;
    }
  }

  #configure(): void {
    this.#generation++;
    const servers = this.#channels.map((channel, i) => `  server s${this.#generation}_${i} ${channel}\n`);
    Deno.writeTextFileSync(
      `${this.#directory.path}/haproxy.cfg`,
      `global
  nbthread 2
  node g${this.#generation}
  stats socket ${this.#directory.path}/stats level admin${this.#kind === "-sf" ? "" : " expose-fd listeners"}
defaults
  mode tcp
  backlog 4096
  timeout connect 5s
  timeout client 3600s
  timeout server 3600s
listen load
  bind 127.0.0.1:${this.port}
${servers.join("")}`,
    );
  }

  #spawn(): void {
    const old = this.#children.at(-1), path = `${this.#directory.path}/haproxy.cfg`;
    const mode = this.#kind === "-sf" ? ["-db", ...old === undefined ? [] : ["-sf", String(old.pid)]] : ["-W", "-db"];
    this.#children.push(
      new Deno.Command("haproxy", { args: ["-q", "-f", path, ...mode], stdin: "null", stdout: "null", stderr: "null" })
        .spawn(),
    );
  }
}

/** The same load on HAProxy, reloaded so many times in either way; what was lost. */
export async function haproxyReloads(times: number, requestsBetween: number): Promise<string[]> {
  const figures: string[] = [];
  for (const kind of ["master-worker", "-sf"] as const) {
    await using back = checkedBackend();
    await using haproxy = await ReloadableHaproxy.start(kind, [`127.0.0.1:${back.port}`]);
    const load = await SteadyLoad.start(haproxy.port);
    for (let i = 0; i < times; i++) {
      await haproxy.reload();
      await load.more(requestsBetween);
    }
    const { connections, failed, wrong } = await load.stop();
    figures.push(`${times} reloads, ${kind}: ${failed} of ${connections} connections failed, ${wrong} wrong bytes`);
  }
  return figures;
}
