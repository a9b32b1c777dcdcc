import type { CommandName, Commands, Reply } from "./load/commands.ts";
import type { Processes, Running } from "./processes.ts";

/** The bench's end of the load process. */
export class LoadProcess {
  /** The back end's port on 127.0.0.1. */
  readonly port: number;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array<ArrayBuffer>>;
  readonly #lines: AsyncGenerator<string>;

  private constructor(running: Running, lines: AsyncGenerator<string>, port: number) {
    this.#writer = running.child.stdin.getWriter();
    this.#lines = lines;
    this.port = port;
  }

  /** Starts it on the processor. @throws {Error} when it does not come up */
  static async start(processes: Processes, processor: string): Promise<LoadProcess> {
    const program = new URL("./load/load.ts", import.meta.url).pathname;
    const running = processes.start(processor, [Deno.execPath(), "run", "-A", program], "piped");
    const lines = linesOf(running.child.stdout);
    const { value, done } = await lines.next();
    if (done) throw new Error(`load process: ${await Deno.readTextFile(running.log)}`);
    return new LoadProcess(running, lines, JSON.parse(value).port);
  }

  /** Runs a command. @throws {Error} with the reason when it failed */
  async perform<Name extends CommandName>(name: Name, ask: Commands[Name]["ask"]): Promise<Commands[Name]["answer"]> {
    await this.#writer.write(new TextEncoder().encode(JSON.stringify({ name, ...ask }) + "\n"));
    const { value, done } = await this.#lines.next();
    if (done) throw new Error("load process: it has ended");
    const reply = JSON.parse(value) as Reply;
    if ("error" in reply) throw new Error(reply.error);
    return reply.answer as Commands[Name]["answer"];
  }
}

async function* linesOf(stream: ReadableStream<Uint8Array<ArrayBuffer>>): AsyncGenerator<string, undefined> {
  let text = "";
  for await (const chunk of stream.pipeThrough(new TextDecoderStream())) {
    const parts = (text + chunk).split("\n");
    text = parts.pop()!;
    yield* parts;
  }
}
