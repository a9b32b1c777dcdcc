/** Health checks of real servers. */
import assert from "node:assert/strict";
import { ExternalServer } from "../support/external_server.ts";
import { found } from "../support/found_by_check.ts";
import { freePort } from "../support/free_port.ts";
import { installed, posix, root, testWith } from "../support/requirements.ts";
import { temporaryDirectory } from "../support/temporary_directory.ts";

testWith([posix, installed("redis-server")], "redis answers PING, and one that wants a password is alive", async () => {
  using directory = temporaryDirectory();
  for (const more of [[], ["--requirepass", "secret"]]) {
    const port = freePort();
    const args = ["--port", String(port), "--bind", "127.0.0.1", "--save", "", "--dir", directory.path, ...more];
    await using _redis = await ExternalServer.start("redis-server", args, port);
    assert.equal(await found(port, "redis"), "L7OK");
    assert.match(await found(port, "ssh", { timeout: 300 }), /^L7/);
  }
});

testWith([posix, installed("nginx")], "nginx answers over HTTP, and logs no check as an error", async () => {
  using directory = temporaryDirectory();
  const { path } = directory, port = freePort();
  Deno.chmodSync(path, 0o755);
  Deno.writeTextFileSync(
    `${path}/nginx.conf`,
    `daemon off; master_process off; pid ${path}/pid; error_log ${path}/error info; events {}
    http { access_log ${path}/access; client_body_temp_path ${path}/b; proxy_temp_path ${path}/p;
      fastcgi_temp_path ${path}/f; uwsgi_temp_path ${path}/u; scgi_temp_path ${path}/s;
      server { listen 127.0.0.1:${port}; location /fine { return 200 "in good health"; } } }`,
  );
  await using _nginx = await ExternalServer.start("nginx", ["-c", `${path}/nginx.conf`, "-p", path], port);
  assert.equal(await found(port, "tcp"), "L4OK");
  assert.equal(await found(port, "http:/fine", { expect: "body:good" }), "L7OK");
  assert.equal(await found(port, "http:/none"), 'L7STS: it answers "404 Not Found"');
  const log = Deno.readTextFileSync(`${path}/error`).split("\n");
  assert.deepEqual(log.filter((line) => /reset|prematurely|aborted/.test(line)), []);
  assert.match(Deno.readTextFileSync(`${path}/access`), /GET \/fine HTTP\/1\.1" 200 .*"balance"/);
});

const POSTGRES = "/usr/lib/postgresql/15/bin";

testWith(
  [root, installed(`${POSTGRES}/postgres`)],
  "postgres answers a login, and logs none that it asks for a password",
  async () => {
    using directory = temporaryDirectory();
    const { path } = directory, port = freePort(), uid = 65534, gid = 65534;
    Deno.chmodSync(path, 0o777);
    const password = `${path}/password`;
    Deno.writeTextFileSync(password, "secret");
    const { success } = await new Deno.Command(`${POSTGRES}/initdb`, {
      args: ["-D", `${path}/data`, "-U", "postgres", "-A", "scram-sha-256", `--pwfile=${password}`, "-N"],
      ...{ uid, gid, stdout: "null", stderr: "inherit" },
    }).output();
    assert.ok(success);
    const args = ["-D", `${path}/data`, "-p", String(port), "-h", "127.0.0.1", "-k", path];
    const log = await Deno.open(`${path}/log`, { create: true, append: true });
    log.close();
    const child = new Deno.Command("/bin/sh", {
      args: ["-c", `exec "$0" "$@" 2>> ${path}/log`, `${POSTGRES}/postgres`, ...args],
      ...{ uid, gid, stdin: "null", stdout: "null", stderr: "null" },
    });
    Deno.chmodSync(`${path}/log`, 0o666);
    const server = child.spawn();
    try {
      let result = "";
      for (let i = 0; i < 600 && result !== "L7OK"; i++) {
        result = await found(port, "postgres");
        if (result !== "L7OK") await new Promise((resolve) => setTimeout(resolve, 50));
      }
      assert.equal(result, "L7OK");
      const before = Deno.readTextFileSync(`${path}/log`);
      for (let i = 0; i < 3; i++) assert.equal(await found(port, "postgres"), "L7OK");
      assert.equal(
        Deno.readTextFileSync(`${path}/log`).slice(before.length).replaceAll(/.*ready to accept.*\n/g, ""),
        "",
      );
    } finally {
      server.kill("SIGINT");
      await server.status;
    }
  },
);

testWith(
  [root, installed("mariadbd", "mysql_install_db")],
  "MariaDB never blocks a machine that only checks it",
  async () => {
    using directory = temporaryDirectory();
    const { path } = directory, port = freePort(), own = ["--no-defaults", "--user=nobody", `--datadir=${path}/data`];
    Deno.chmodSync(path, 0o777);
    const { success } = await new Deno.Command("mysql_install_db", {
      args: [...own, "--auth-root-authentication-method=normal", "--skip-test-db"],
      ...{ stdin: "null", stdout: "null", stderr: "null" },
    }).output();
    assert.ok(success);
    const more = ["--bind-address=127.0.0.1", `--port=${port}`, `--socket=${path}/socket`, `--pid-file=${path}/pid`];
    await using _mariadb = await ExternalServer.start("mariadbd", [...own, ...more, "--max-connect-errors=1"], port);
    for (let i = 0; i < 5; i++) assert.equal(await found(port, "mysql"), "L7OK");
    assert.match(await found(port, "redis", { timeout: 300 }), /^L7/);
  },
);

testWith([root, installed("sshd", "ssh-keygen")], "OpenSSH is alive for ssh and for nothing else", async () => {
  using directory = temporaryDirectory();
  const { path } = directory, port = freePort(), key = `${path}/key`;
  // Where sshd leaves its rights.
  Deno.mkdirSync("/run/sshd", { recursive: true, mode: 0o755 });
  await new Deno.Command("ssh-keygen", { args: ["-q", "-t", "ed25519", "-N", "", "-f", key] }).output();
  Deno.writeTextFileSync(`${path}/config`, `Port ${port}\nListenAddress 127.0.0.1\nPidFile none\n`);
  await using _sshd = await ExternalServer.start("/usr/sbin/sshd", ["-D", "-h", key, "-f", `${path}/config`], port);
  assert.equal(await found(port, "ssh"), "L7OK");
  assert.match(await found(port, "smtp"), /^L7RSP: it says "SSH-2\.0-OpenSSH/);
});
