/** Single checks of real back ends: what they find out, and how they leave. */
import assert from "node:assert/strict";
import { Probes } from "../../src/health/probes/probes.ts";
import { Backend } from "../support/backend.ts";
import { silentBackend } from "../support/backends.ts";
import { eventually } from "../support/eventually.ts";
import { checked, found } from "../support/found_by_check.ts";
import { RefusingPort } from "../support/refusing_port.ts";
import { installed, linux, posix, testWith } from "../support/requirements.ts";
import { readChunks, writeAll } from "../support/streams.ts";
import { temporaryDirectory } from "../support/temporary_directory.ts";
import { listenTls } from "../support/tls_listener.ts";

const encoder = new TextEncoder();

/** Says this at once, then reads to the end. How connections ended is noted. */
function saying(text: string, ends: string[] = []): Backend {
  return new Backend(async (connection) => {
    try {
      await writeAll(connection, encoder.encode(text));
      await readChunks(connection, () => {});
      ends.push("end of stream");
    } catch (error) {
      ends.push((error as Error).name);
    }
  });
}

/** Answers each thing that it is told with the next of these; what it was told is noted. */
function answering(greeting: string, answers: readonly string[], told: string[] = []): Backend {
  return new Backend(async (connection) => {
    await writeAll(connection, Uint8Array.from(greeting, (c) => c.charCodeAt(0)));
    let next = 0;
    await readChunks(connection, async (bytes) => {
      told.push(new TextDecoder("latin1").decode(bytes));
      if (next < answers.length) await writeAll(connection, Uint8Array.from(answers[next++], (c) => c.charCodeAt(0)));
    });
  });
}

Deno.test("a back end that accepts is alive for tcp, one that refuses is not", async () => {
  await using back = silentBackend();
  using refusing = await RefusingPort.take();
  assert.equal(await found(back.port, "tcp"), "L4OK");
  assert.equal(await found(refusing.port, "tcp"), "L4CON: connection refused");
});

Deno.test("a back end that accepts and never answers times out in all checks but tcp", async () => {
  await using back = silentBackend();
  const timeout = 100;
  assert.equal(await found(back.port, "tcp", { timeout }), "L4OK");
  assert.equal(await found(back.port, "http:/", { timeout }), "L7TOUT: does not answer in time");
  assert.equal(await found(back.port, "tls", { timeout }), "L6TOUT: does not complete the TLS handshake in time");
  for (const check of ["smtp", "imap", "pop3", "redis", "mysql", "postgres", "ssh", "expect:x"]) {
    assert.equal(await found(back.port, check, { timeout }), "L7TOUT: does not answer in time", check);
  }
});

Deno.test("a check ends its connection without a reset, after reading what was sent", async () => {
  const ends: string[] = [];
  {
    await using back = saying("x".repeat(100_000), ends);
    for (const check of ["tcp", "ssh", "expect:^xx"]) {
      const probes = new Probes(4);
      await probes.begin(checked(back.port, check)).verdict;
      await eventually("it has been left", () => back.open === 0);
      await probes.stop();
    }
  }
  assert.deepEqual(ends, ["end of stream", "end of stream", "end of stream"]);
});

Deno.test("a back end that never stops sending is left soon", async () => {
  const sent: number[] = [], piece = new Uint8Array(65_536);
  await using back = new Backend(async (connection) => {
    const i = sent.push(0) - 1;
    // It fails once it has been reset.
    for (;;) sent[i] += await connection.write(piece);
  });
  const checks = ["smtp", "http:/", "expect:x", "tcp"];
  for (const check of checks) {
    const probes = new Probes(4);
    const verdict = await probes.begin(checked(back.port, check)).verdict;
    assert.equal(verdict.code, check === "tcp" ? "L4OK" : "L7RSP");
    await eventually("it has been left", () => back.open === 0);
    await probes.stop();
  }
  assert.equal(sent.length, checks.length);
  // What is on the way between them comes on top.
  for (const count of sent) assert.ok(count < 32_000_000, `${count} bytes`);
});

Deno.test("http asks with the host's name, and judges by the status", async () => {
  const told: string[] = [];
  await using back = answering("", ["HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"], told);
  assert.equal(await found(back.port, "http:/health?x=1"), "L7OK");
  assert.match(told[0], new RegExp(`^GET /health\\?x=1 HTTP/1\\.1\r\nHost: www\\.example:${back.port}\r\n`));
  const cases: [answer: string, expect: string | undefined, wanted: string][] = [
    ["HTTP/1.0 204\r\n\r\n", undefined, "L7OK"],
    ["HTTP/1.1 301 Moved\r\n\r\n", undefined, "L7OK"],
    ["HTTP/1.1 301 Moved\r\n\r\n", "200", 'L7STS: it answers "301 Moved"'],
    ["HTTP/1.1 500 No\r\n\r\n", undefined, 'L7STS: it answers "500 No"'],
    ["HTTP/1.1 500 No\r\n\r\n", "200,500-599", "L7OK"],
    ["HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\n\r\n", undefined, "L7OK"],
    [
      "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfit and well",
      "body:fit a",
      'L7RSP: its answer does not contain "fit a"',
    ],
    ["HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\nfit and well", "body:fit a", "L7OK"],
    [
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4;x=y\r\nfit \r\n2\r\nan\r\n0\r\n\r\n",
      "body:fit an",
      "L7OK",
    ],
    ["HTTP/1.1 500 No\r\n\r\nfit", "body:fit", 'L7STS: it answers "500 No"'],
    ["SSH-2.0-x\r\n", undefined, 'L7RSP: it says "SSH-2.0-x", not "HTTP/1.1"'],
    ["HTTP/1.1 200 \x1b[31mred\r\nbad header\r\n\r\n", undefined, 'L7RSP: it says "bad header", not "a header"'],
    ["HTTP/1.1 500 \x1b[31mred\r\n\r\n", undefined, 'L7STS: it answers "500 \\x1b[31mred"'],
  ];
  for (const [answer, expect, wanted] of cases) {
    await using back = answering("", [answer]);
    // What is missing of an answer would be waited for.
    const timeout = wanted.includes("fit a") ? 500 : 20_000;
    assert.equal(await found(back.port, "http:/", { expect, timeout }), wanted, answer);
  }
});

Deno.test("mail servers are told goodbye once their whole greeting has been read", async () => {
  const told: string[] = [];
  await using smtp = answering("220-mail.example\r\n220 ready\r\n", ["221 bye\r\n"], told);
  await using imap = answering("* OK ready\r\n", ["* BYE\r\na OK done\r\n"], told);
  await using pop3 = answering("+OK ready\r\n", ["+OK bye\r\n"], told);
  await using refusing = saying("554 no service\r\n");
  assert.equal(await found(smtp.port, "smtp"), "L7OK");
  assert.equal(await found(imap.port, "imap"), "L7OK");
  assert.equal(await found(pop3.port, "pop3"), "L7OK");
  assert.deepEqual(told, ["QUIT\r\n", "a LOGOUT\r\n", "QUIT\r\n"]);
  assert.equal(await found(refusing.port, "smtp"), 'L7RSP: it says "554 no service", not "220"');
});

Deno.test("mysql completes a login, so that the server does not count an aborted one", async () => {
  const greeting = "\x4a\0\0\0\x0a8.0\0" + "\0".repeat(0x4a - 5), told: string[] = [];
  const denied = "\x09\0\0\x02\xff\x15\x04#28000",
    switching = "\x02\0\0\x02\xfe\0",
    full = "\x09\0\0\x02\xff\x10\x04#08004";
  await using one = answering(greeting, [denied], told);
  await using two = answering(greeting, [switching, denied], told);
  await using three = answering(greeting, [full]);
  await using blocked = answering("\x0b\0\0\0\xff\x69\x04blocked!", []);
  assert.equal(await found(one.port, "mysql"), "L7OK");
  assert.equal(await found(two.port, "mysql"), "L7OK");
  assert.equal(told.length, 3, "the second server asks again");
  assert.match(await found(three.port, "mysql"), /^L7RSP/);
  assert.equal(await found(blocked.port, "mysql"), 'L7RSP: it says "blocked!"');
});

Deno.test("a dialogue goes step by step", async () => {
  await using back = answering("hello\r\n", ["one\r\n", "two\r\n"]);
  const steps = String.raw`expect:^hello\r\n/send:a\r\n/expect:^one/send:b\r\n/expect:wo`;
  assert.equal(await found(back.port, steps), "L7OK");
  assert.equal(await found(back.port, "expect:^help"), 'L7RSP: it says "hello", not "help"');
  await using closing = new Backend(async () => {});
  assert.match(await found(closing.port, "expect:x"), /^L7RSP: it closes the connection without saying "x"|reset/);
});

testWith([posix], "a program decides by its exit code, within its time", async () => {
  const script = await Deno.makeTempFile();
  try {
    await Deno.writeTextFile(
      script,
      `#!/bin/sh\nexec test "$BALANCE_ADDRESS $BALANCE_PORT $BALANCE_HOST" = "127.0.0.1 7 x"\n`,
    );
    await Deno.chmod(script, 0o700);
    assert.equal(await found(7, `exec:${script}`, { host: "x" }), "PROCOK");
    assert.equal(await found(8, `exec:${script}`, { host: "x" }), "PROCERR: the program exited with code 1");
    await Deno.writeTextFile(script, "#!/bin/sh\nexec sleep 1000\n");
    assert.equal(await found(7, `exec:${script}`, { timeout: 50 }), "PROCTOUT: the program took too long");
    assert.match(await found(7, "exec:/nowhere/to/be/found"), /^PROCERR/);
  } finally {
    await Deno.remove(script);
  }
});

testWith([linux], "a program that takes too long is killed with everything that it has started", async () => {
  using directory = temporaryDirectory();
  const script = `${directory.path}/check`, noted = `${directory.path}/pid`;
  await Deno.writeTextFile(script, `#!/bin/sh\nsleep 1000 &\necho $! > ${noted}\nwait\n`, { mode: 0o700 });
  assert.match(await found(7, `exec:${script}`, { timeout: 500 }), /^PROCTOUT/);
  const pid = Deno.readTextFileSync(noted).trim();
  assert.ok(pid !== "");
  await eventually("it has ended", () => !isRunning(pid));
});

testWith([linux], "a source address that this machine lacks says nothing about the back end", async () => {
  await using back = silentBackend();
  assert.equal(await found(back.port, "tcp", { source: "127.0.0.7" }), "L4OK");
  assert.deepEqual(back.sources, ["127.0.0.7"]);
  assert.match(await found(back.port, "tcp", { source: "192.0.2.1" }), /^SOCKERR/);
});

testWith([installed("openssl")], "tls and https do not verify certificates, but need a handshake", async () => {
  const listener = listenTls(), { port } = listener.addr as Deno.NetAddr, ends: string[] = [];
  const serving = (async () => {
    for (let i = 0; i < 3; i++) {
      using connection = await listener.accept();
      try {
        const buffer = new Uint8Array(4096);
        if (await connection.read(buffer) !== null) {
          await connection.write(encoder.encode("HTTP/1.1 200 OK\r\n\r\n"));
          await connection.closeWrite();
          while (await connection.read(buffer) !== null);
        }
        ends.push("end of stream");
      } catch (error) {
        ends.push((error as Error).name);
      }
    }
  })();
  assert.equal(await found(port, "tls"), "L6OK");
  assert.equal(await found(port, "https:/"), "L7OK");
  assert.match(await found(port, "http:/", { timeout: 300 }), /^L7/);
  await serving;
  listener.close();
  assert.deepEqual(ends.slice(0, 2), ["end of stream", "end of stream"]);
  await using plain = saying("220 hello\r\n");
  assert.match(await found(plain.port, "tls"), /^L6RSP/);
  await using closing = new Backend(async () => {});
  assert.match(await found(closing.port, "tls"), /^L6RSP/);
  assert.match(await found(closing.port, "https:/"), /^L6RSP/);
});

/** Whether a process exists and has not ended. */
function isRunning(pid: string): boolean {
  try {
    return !/^State:\s+Z/m.test(Deno.readTextFileSync(`/proc/${pid}/status`));
  } catch {
    return false;
  }
}

/** The header of a check, by what its back end sees. */
const headers = {
  v1: ({ remoteAddr, localAddr }: Deno.TcpConn) =>
    `PROXY TCP4 ${remoteAddr.hostname} ${localAddr.hostname} ${remoteAddr.port} ${localAddr.port}\r\n`,
  v2: () => "\r\n\r\n\0\r\nQUIT\n\x20\0\0\0",
};

for (const proxy of ["v1", "v2"] as const) {
  Deno.test(`a check with PROXY ${proxy} first says that it speaks for itself, once, and then goes on as always`, async () => {
    let told = "", wanted = "";
    await using back = new Backend(async (connection) => {
      wanted = `${headers[proxy](connection)}ping`;
      await readChunks(connection, async (bytes) => {
        told += new TextDecoder("latin1").decode(bytes);
        if (told === wanted) await writeAll(connection, encoder.encode("pong"));
      });
    });
    assert.equal(await found(back.port, "send:ping/expect:^pong", { proxy }), "L7OK");
    assert.equal(told, wanted);
  });

  Deno.test(`a check with PROXY ${proxy} sends it before a TLS handshake and a request, and in a tcp check, too`, async () => {
    for (const [check, next] of [["tls", "\x16\x03"], ["http:/", "GET / "], ["https:/", "\x16\x03"], ["tcp", ""]]) {
      let told = "", header = "";
      await using back = new Backend((connection) => {
        header = headers[proxy](connection);
        return readChunks(connection, (bytes) => {
          told += new TextDecoder("latin1").decode(bytes);
          // There is no answer to wait for.
          if (next !== "" && told.length >= header.length + next.length) connection.close();
        });
      });
      await found(back.port, check, { proxy });
      await eventually("it has been left", () => back.accepted === 1 && back.open === 0);
      assert.equal(told.slice(0, header.length), header, check);
      assert.equal(told.slice(header.length).startsWith(next), true, check);
      if (next === "") assert.equal(told, header);
    }
  });
}
