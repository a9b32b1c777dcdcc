/** Real clients on one port, each led to its own server by what it says first: curl, openssl, ssh. */
import assert from "node:assert/strict";
import { namedBackend } from "../support/backends.ts";
import { Backend } from "../support/backend.ts";
import { runClient } from "../support/external_server.ts";
import { FileInstance } from "../support/file_instance.ts";
import { freePort } from "../support/free_port.ts";
import { installed, linux, posix, testWith } from "../support/requirements.ts";
import { listenTls } from "../support/tls_listener.ts";

/** A web server with TLS that answers every request with its name. */
class TlsServer implements AsyncDisposable {
  readonly #listener = listenTls();
  readonly #served: Promise<void>;

  constructor(name: string) {
    this.#served = this.#serve(`HTTP/1.0 200 OK\r\nContent-Length: ${name.length}\r\n\r\n${name}`);
  }

  get port(): number {
    return this.#listener.addr.port;
  }

  async #serve(answer: string): Promise<void> {
    const all: Promise<void>[] = [];
    try {
      for (;;) all.push(reply(await this.#listener.accept(), answer));
    } catch (error) {
      if (!(error instanceof Deno.errors.BadResource)) throw error;
    }
    await Promise.all(all);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    await this.#served;
  }
}

async function reply(connection: Deno.TlsConn, answer: string): Promise<void> {
  using _connection = connection;
  try {
    if (await connection.read(new Uint8Array(4096)) !== null) {
      await connection.write(new TextEncoder().encode(answer));
    }
  } catch {
    // A client that does not trust the certificate, or only looks at it.
  }
}

/** What ssh says, if it gets here. */
function sshServer(said: (text: string) => void): Backend {
  return new Backend(async (connection) => {
    const buffer = new Uint8Array(200), length = await connection.read(buffer);
    said(new TextDecoder().decode(buffer.subarray(0, length ?? 0)));
  });
}

const curl = (port: number, name: string, ...args: string[]) => {
  const far = ["--resolve", `${name}:${port}:127.0.0.1`, `https://${name}:${port}/`];
  return runClient("curl", "-sSk", "--noproxy", "*", "--max-time", "20", ...far, ...args);
};

/** Everything that a program prints that fails in the end. */
async function printed(command: string, ...args: string[]): Promise<string> {
  const { stdout, stderr } = await new Deno.Command(command, { args, stdin: "null" }).output();
  return [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes)).join("");
}

for (const engine of ["linux", "portable"]) {
  const needs = [engine === "linux" ? linux : posix, installed("curl", "openssl", "ssh")];

  testWith(needs, `curl, openssl and ssh each reach their server through one port (${engine})`, async () => {
    const heard: string[] = [];
    await using one = new TlsServer("one");
    await using two = new TlsServer("two");
    await using ssh = sshServer((text) => heard.push(text));
    await using rest = namedBackend("HTTP/1.0 200 OK\r\nContent-Length: 4\r\n\r\nrest");
    const ports = [freePort(), freePort()], to = (port: number) => `127.0.0.1:${port}`;
    await using _instance = await FileInstance.start([
      `balance -b 127.0.0.1 ${ports[0]} sni=one.example,*.one.example ${to(one.port)} ! alpn=h2 ${to(two.port)} ` +
      `! proto=ssh ${to(ssh.port)} ! ${to(rest.port)}`,
      `balance -b 127.0.0.1 ${ports[1]} sni=one.example ${to(one.port)} ! proto=ssh ${to(ssh.port)}`,
    ], ["--engine", engine]);
    for (const version of [["--tls-max", "1.2"], ["--tlsv1.3"]]) {
      for (const name of ["one.example", "a.One.example"]) {
        assert.equal(await curl(ports[0], name, "--http1.1", ...version), "one");
      }
      assert.equal(await curl(ports[0], "two.example", "--http2", ...version), "two");
    }
    const openssl = (port: number, name: string, ...more: string[]) =>
      printed("openssl", "s_client", "-connect", to(port), "-servername", name, ...more);
    const many = Array.from({ length: 1000 }, (_, i) => `protocol-${i}`).join(",");
    // Its certificate; the hello has 12 kB in records of 512 bytes.
    assert.match(await openssl(ports[0], "one.example", "-alpn", many, "-max_send_frag", "512"), /subject=CN = other/);
    assert.equal(
      await runClient("curl", "-s", "--max-time", "20", "--noproxy", "*", `http://127.0.0.1:${ports[0]}/`),
      "rest",
    );
    const options = ["-F", "none", "-o", "BatchMode=yes", "-o", "UserKnownHostsFile=/dev/null"];
    for (const port of ports) await printed("ssh", ...options, "-p", String(port), "127.0.0.1");
    assert.equal(heard.length, 2);
    for (const text of heard) assert.match(text, /^SSH-2\.0-/);
    // No group takes this name.
    for (const version of ["-tls1_2", "-tls1_3"]) {
      assert.match(await openssl(ports[1], "three.example", version), /unrecognized name/);
    }
    await assert.rejects(curl(ports[1], "three.example"), /unrecognized name/);
  });
}
