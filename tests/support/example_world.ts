/**
 * Runs inside its own network namespace: a small world with the addresses and names of the manual's examples, in which
 * one example is tried with its real ports. Reads a `World` from standard input, prints a `Report`. Servers that are
 * not on this machine's loopback run on another machine, the namespace `far`: here they would get in the way of a
 * program that listens on every address.
 */
import { fileURLToPath } from "node:url";
import type { Backend } from "./backend.ts";
import { namedBackend } from "./backends.ts";
import { Client } from "./client.ts";
import { CollectedText } from "./collected_text.ts";
import { within } from "./eventually.ts";
import { killQuietly, run, spawn } from "./program.ts";

/** Which servers there are, what is started, and what clients do. */
export interface World {
  /** Servers by their names; each sends its name at once. */
  readonly servers: Readonly<Record<string, { readonly hostname: string; readonly port: number }>>;
  /** Arguments of the program. */
  readonly command: readonly string[];
  readonly steps: readonly Step[];
}

/** One thing that happens. */
export type Step =
  /** So many clients connect and stay, one after the other. */
  | { readonly connect: number; readonly hostname: string; readonly port: number }
  /** A server ends. */
  | { readonly stop: string }
  /** All clients leave. */
  | { readonly leave: true };

/** The result. */
export interface Report {
  /** What each `connect` step's clients got, in order; empty text for a client that was turned away. */
  readonly answers: readonly (readonly string[])[];
  /** What `show` says at the end, before the clients leave. */
  readonly table: string;
  /** What the program printed in the foreground. */
  readonly stdout: string;
}

/** Servers in the namespace `far`. Disposing of it ends them. */
class FarServers implements AsyncDisposable {
  readonly #child = new Deno.Command("ip", {
    args: ["netns", "exec", "far", Deno.execPath(), "run", "-A", "--no-config", fileURLToPath(import.meta.url), "far"],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  readonly #input = this.#child.stdin.getWriter();
  readonly #output = new CollectedText(this.#child.stdout);

  async start(servers: World["servers"]): Promise<void> {
    await this.#say(servers);
  }

  async stop(name: string): Promise<void> {
    await this.#say(name);
  }

  async #say(message: unknown): Promise<void> {
    const seen = this.#output.text.length;
    await this.#input.write(new TextEncoder().encode(JSON.stringify(message) + "\n"));
    await this.#output.until("done\n", seen);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#input.close();
    await Promise.all([this.#child.status, this.#output.ended]);
  }
}

/** The other end of `FarServers`. */
async function serveFar(): Promise<void> {
  const backends = new Map<string, Backend>();
  const lines = Deno.stdin.readable.pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>);
  // One message at a time, each after the answer to the one before.
  for await (const line of lines) {
    const message: World["servers"] | string = JSON.parse(line);
    if (typeof message === "string") await backends.get(message)![Symbol.asyncDispose]();
    else for (const [name, where] of Object.entries(message)) backends.set(name, namedBackend(name, where));
    await Deno.stdout.write(new TextEncoder().encode("done\n"));
  }
}

async function live({ servers, command, steps }: World): Promise<Report> {
  const clients: Client[] = [], answers: string[][] = [];
  await using far = new FarServers();
  const near = Object.entries(servers).filter(([, { hostname }]) => hostname.startsWith("127."));
  for (const [name, where] of near) namedBackend(name, where);
  await far.start(
    Object.fromEntries(Object.entries(servers).filter(([, { hostname }]) => !hostname.startsWith("127."))),
  );
  const foreground = command.some((word) => /^-[a-zA-Z]*f/.test(word));
  const child = foreground ? spawn(command, {}, "null") : undefined;
  const stdout = child && new CollectedText(child.stdout), stderr = child && new CollectedText(child.stderr);
  if (stderr) await stderr.until(" listens on ");
  else {
    const { code, stderr } = await run(command);
    if (code !== 0) throw new Error(`code ${code}: ${stderr}`);
  }
  for (const step of steps) {
    if ("stop" in step) await far.stop(step.stop);
    else if ("leave" in step) { for (const client of clients.splice(0)) client[Symbol.dispose](); }
    else {
      const got: string[] = [];
      for (let i = 0; i < step.connect; i++) {
        const client = await Client.connect(step.port, step.hostname);
        clients.push(client);
        got.push(await within(20, "wait for an answer", client.readText()).catch(() => null) ?? "");
      }
      answers.push(got);
    }
  }
  const table = (await run(["-c", "show"])).stdout;
  if (child) killQuietly(child, "SIGINT");
  await Promise.all([child?.status, stdout?.ended, stderr?.ended]);
  return { answers, table, stdout: stdout?.text ?? "" };
}

if (import.meta.main && Deno.args[0] === "far") {
  await serveFar();
  Deno.exit(0);
} else if (import.meta.main) {
  const report = await live(await new Response(Deno.stdin.readable).json());
  await Deno.stdout.write(new TextEncoder().encode(JSON.stringify(report)));
  Deno.exit(0);
}
