import { within } from "../support/eventually.ts";
import { runs } from "../support/processes.ts";
import { temporaryDirectory } from "../support/temporary_directory.ts";
import { checkedBackend } from "./checked_backend.ts";
import { eventuallyAsync } from "./patience.ts";
import { type ReloadedService, ReloadedServices } from "./reloaded_services.ts";
import { SteadyLoad } from "./steady_load.ts";

/**
 * How HAProxy is reloaded. Its master, when it is told by SIGUSR2, starts a new worker that gets the listening sockets.
 * Or a new process opens the ports as well, or gets the sockets (`-x`), and tells all older ones to finish (`-sf`).
 */
const WAYS = ["by its master", "with -sf", "with -sf and -x"] as const;

type ReloadWay = (typeof WAYS)[number];

/** Seconds that a reload may take, and an answer on a socket. */
const PATIENCE = 30, ANSWER = 2;

/** HAProxy in ways in which it is reloaded, for the figures beside the program's. */
export class ReloadableHaproxy implements AsyncDisposable {
  readonly #way: ReloadWay;
  readonly #directory = temporaryDirectory();
  /** Processes that were started here; the last one serves. */
  readonly #children: Deno.ChildProcess[] = [];
  #reloads = -1;

  private constructor(way: ReloadWay) {
    this.#way = way;
  }

  /** Starts it and waits until it serves. */
  static async start(way: ReloadWay, services: readonly ReloadedService[]): Promise<ReloadableHaproxy> {
    const haproxy = new ReloadableHaproxy(way);
    try {
      await haproxy.#apply(services, () => haproxy.#spawn());
      return haproxy;
    } catch (error) {
      await haproxy[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Gives it another configuration. Resolves once that is served and it can be reloaded again. */
  async reload(services: readonly ReloadedService[]): Promise<void> {
    await this.#apply(services, () => {
      if (this.#way === "by its master") this.#children[0].kill("SIGUSR2");
      else this.#spawn();
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const child of this.#children) {
      if (runs(child.pid)) child.kill(this.#way === "by its master" ? "SIGTERM" : "SIGKILL");
      await child.status;
    }
    this.#directory[Symbol.dispose]();
  }

  async #apply(services: readonly ReloadedService[], tell: () => void): Promise<void> {
    this.#reloads++;
    this.#configure(services);
    tell();
    let found = "";
    const ready = async () => (found = await this.#state()) === `g${this.#reloads}`;
    await eventuallyAsync(`reload ${this.#reloads} of HAProxy, ${this.#way}`, ready, PATIENCE, () => found);
  }

  /**
   * Which configuration is served: the name that it gives the process. A new worker serves before its master is ready,
   * which would miss the next SIGUSR2, so that is asked as well.
   */
  async #state(): Promise<string> {
    const [, served] = /^node: (g\d+)$/m.exec(await this.#ask("stats", "show info")) ?? [];
    if (served === undefined) return "it does not answer";
    if (this.#way !== "by its master") return served;
    const said = await this.#ask("master", "show proc");
    const [, reloads, failed] = /^\d+ +master +(\d+) \[failed: (\d+)\]/m.exec(said) ?? [];
    if (failed !== "0") return `master: ${failed ?? "no"} failed reloads`;
    return reloads === served.slice(1) ? served : `master: ${reloads} reloads`;
  }

  /** The answer on one of its sockets; empty if there is none, or none in time. */
  async #ask(socket: string, command: string): Promise<string> {
    try {
      using connection = await Deno.connect({ transport: "unix", path: `${this.#directory.path}/${socket}` });
      await connection.write(new TextEncoder().encode(`${command}\n`));
      // The master waits for this.
      await connection.closeWrite();
      return await within(ANSWER, "read the answer", new Response(connection.readable).text());
    } catch {
      return "";
    }
  }

  #configure(services: readonly ReloadedService[]): void {
    const sections = services.map(({ name, port, connectTimeout, channels }) =>
      `listen ${name}
  bind 127.0.0.1:${port}
  timeout connect ${connectTimeout}s
${channels.map((channel, i) => `  server s${i} ${channel}\n`).join("")}`
    );
    Deno.writeTextFileSync(
      `${this.#directory.path}/haproxy.cfg`,
      `global
  nbthread 2
  node g${this.#reloads}
  stats socket ${this.#directory.path}/stats level admin${this.#way === "with -sf" ? "" : " expose-fd listeners"}
defaults
  mode tcp
  backlog 4096
  retries 3
  option redispatch 1
  timeout client 3600s
  timeout server 3600s
${sections.join("")}`,
    );
  }

  #spawn(): void {
    const { path } = this.#directory;
    // All that have not finished are told, as by scripts that use the output of pidof(8).
    const old = this.#children.filter(({ pid }) => runs(pid)).map(({ pid }) => String(pid));
    const words = [
      "-q",
      "-f",
      `${path}/haproxy.cfg`,
      ...this.#way === "by its master" ? ["-W", "-db", "-S", `${path}/master`] : ["-db"],
      ...this.#way === "with -sf and -x" && old.length > 0 ? ["-x", `${path}/stats`] : [],
      ...old.length > 0 ? ["-sf", ...old] : [],
    ];
    this.#children.push(
      new Deno.Command("haproxy", { args: words, stdin: "null", stdout: "null", stderr: "null" }).spawn(),
    );
  }
}

/**
 * The same load on HAProxy, reloaded so many times in each way; what was lost.
 *
 * @param changes whether its services change as well, as the program's do
 */
export async function haproxyReloads(times: number, requestsBetween: number, changes: boolean): Promise<string[]> {
  const figures: string[] = [];
  for (const way of WAYS) {
    await using one = checkedBackend();
    await using other = checkedBackend();
    const services = new ReloadedServices([`127.0.0.1:${one.port}`, `127.0.0.1:${other.port}`]);
    await using haproxy = await ReloadableHaproxy.start(way, services.after(0));
    await using load = await SteadyLoad.start(services.port);
    for (let round = 1; round <= times; round++) {
      await haproxy.reload(services.after(changes ? round : 0));
      await load.more(requestsBetween);
    }
    const { connections, failed, wrong } = await load.stop();
    figures.push(`${times} reloads ${way}: ${failed} of ${connections} connections failed, ${wrong} wrong bytes`);
  }
  return figures;
}
