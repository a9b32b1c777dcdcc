import { Client } from "../support/client.ts";
import type { InstanceOptions } from "../support/instance.ts";
import { freePort } from "../support/free_port.ts";
import { temporaryDirectory } from "../support/temporary_directory.ts";
import { eventuallyAsync } from "./patience.ts";
import { descriptorsOf } from "./process_figures.ts";
import { Target } from "./target.ts";

/** Whether HAProxy is installed. */
export const hasHaproxy = (() => {
  try {
    return new Deno.Command("haproxy", { args: ["-v"], stdout: "null", stderr: "null" }).outputSync().success;
  } catch {
    return false;
  }
})();

/** HAProxy relaying TCP, with a configuration that asks the same of it as a scenario asks of the program. */
export class Haproxy extends Target {
  readonly port: number;
  readonly #child: Deno.ChildProcess;
  readonly #directory: Disposable;

  private constructor(port: number, child: Deno.ChildProcess, directory: Disposable) {
    super();
    this.port = port;
    this.#child = child;
    this.#directory = directory;
  }

  /** Starts it before channels such as `127.0.0.1:80:100`; of the options it follows `-t`, `-T`, `--check tcp` with its interval, and `before`. */
  static async start(channels: readonly string[], { options = [], before = [] }: InstanceOptions): Promise<Haproxy> {
    const port = freePort(), directory = temporaryDirectory(), path = `${directory.path}/haproxy.cfg`;
    const option = (name: string, standard: string) => options[options.indexOf(name) + 1 || options.length] ?? standard;
    const interval = Number(option("--check-interval", "2")) * 1000;
    const checks = options.includes("--check") ? ` check inter ${interval} rise 2 fall 3` : "";
    const servers = channels.map((word, i) => {
      const [host, port, maxc] = word.split(":");
      return `  server s${i} ${host}:${port}${maxc ? ` maxconn ${maxc}` : ""}${checks}\n`;
    });
    Deno.writeTextFileSync(
      path,
      `global
  nbthread 2
defaults
  mode tcp
  backlog 4096
  retries 3
  option redispatch 1
  timeout connect ${option("-t", "5")}s
  timeout client ${option("-T", "3600")}s
  timeout server ${option("-T", "3600")}s
listen faults
  bind 127.0.0.1:${port}
${servers.join("")}`,
    );
    const words = [...before, "haproxy", "-q", "-db", "-f", path];
    const child = new Deno.Command(words[0], { args: words.slice(1), stdin: "null", stdout: "null", stderr: "null" })
      .spawn();
    const started = new Haproxy(port, child, directory);
    await eventuallyAsync(
      "HAProxy listens",
      () => Client.connect(port).then((client) => (client[Symbol.dispose](), true), () => false),
    );
    return started;
  }

  get pid(): number {
    return this.#child.pid;
  }

  watchForLeaks(): Promise<() => Promise<void>> {
    const before = descriptorsOf(this.pid);
    return Promise.resolve(() =>
      eventuallyAsync(
        "HAProxy's sockets are back",
        () => Promise.resolve(descriptorsOf(this.pid).sockets <= before.sockets),
        60,
      )
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#child.status;
    this.#directory[Symbol.dispose]();
  }
}
