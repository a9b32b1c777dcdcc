import { within } from "./eventually.ts";

/** Seconds it has for an answer: the first one needs all types. */
const PATIENCE = 60;

/** What the server sends. */
interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly result?: unknown;
}

/** Deno's language server, which editors ask about a program (the Language Server Protocol over its standard streams). */
export class LanguageServer implements AsyncDisposable {
  readonly #child = new Deno.Command(Deno.execPath(), {
    args: ["lsp"],
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
  })
    .spawn();
  readonly #input = this.#child.stdin.getWriter();
  readonly #waiting = new Map<number, (result: unknown) => void>();
  readonly #reading = this.#read();
  #last = 0;

  /** Starts it for the project in this directory, given as a URL. */
  static async start(root: string): Promise<LanguageServer> {
    const server = new LanguageServer();
    await server.#ask("initialize", {
      processId: null,
      capabilities: {},
      initializationOptions: { enable: true },
      workspaceFolders: [{ uri: root, name: "project" }],
    });
    await server.#send({ method: "initialized", params: {} });
    return server;
  }

  /** Opens a text as the file of this URL, whether there is one or not. */
  async open(uri: string, text: string): Promise<void> {
    const textDocument = { uri, languageId: "typescript", version: 1, text };
    await this.#send({ method: "textDocument/didOpen", params: { textDocument } });
  }

  /** What an editor shows about the word in this place, counted from 0. */
  async hover(uri: string, line: number, character: number): Promise<string> {
    const found = await this.#ask("textDocument/hover", { textDocument: { uri }, position: { line, character } });
    return (found as { contents: { value: string } } | null)?.contents.value ?? "";
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#input.close();
    this.#child.kill();
    await Promise.all([this.#child.status, this.#reading]);
  }

  async #ask(method: string, params: unknown): Promise<unknown> {
    const id = ++this.#last, answer = new Promise<unknown>((resolve) => this.#waiting.set(id, resolve));
    await this.#send({ id, method, params });
    return await within(PATIENCE, method, answer);
  }

  async #send(message: object): Promise<void> {
    const body = new TextEncoder().encode(JSON.stringify({ jsonrpc: "2.0", ...message }));
    await this.#input.write(new TextEncoder().encode(`Content-Length: ${body.length}\r\n\r\n`));
    await this.#input.write(body);
  }

  async #read(): Promise<void> {
    // One character for each byte, because lengths are in bytes.
    let text = "";
    for await (const bytes of this.#child.stdout) {
      text += Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
      for (let head; (head = /^(?:.*\r\n)*?Content-Length: (\d+)\r\n(?:.*\r\n)*?\r\n/.exec(text)) !== null;) {
        const start = head[0].length, end = start + Number(head[1]);
        if (text.length < end) break;
        await this.#take(JSON.parse(text.slice(start, end)));
        text = text.slice(end);
      }
    }
  }

  async #take({ id, method, result }: Message): Promise<void> {
    if (id === undefined) return;
    if (method === undefined) this.#waiting.get(id)?.(result);
    // It asks for settings and for leave to report, and waits for the answers.
    else await this.#send({ id, result: method === "workspace/configuration" ? [{ enable: true }] : null });
  }
}
