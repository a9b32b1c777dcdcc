/** The page of a real program: what it takes to see and to change something, and what becomes of it while it runs. */
import assert from "node:assert/strict";
import { MOST_VIEWERS } from "../../src/views/web/viewers.ts";
import { namedBackend } from "../support/backends.ts";
import { pause } from "../support/eventually.ts";
import { FileInstance } from "../support/file_instance.ts";
import { freePort } from "../support/free_port.ts";
import { ask, connectTo, get } from "../support/http.ts";
import { Instance } from "../support/instance.ts";
import { run } from "../support/program.ts";
import { linux, posix, testWith } from "../support/requirements.ts";
import { temporaryDirectory } from "../support/temporary_directory.ts";
import { upgradable, upgrade } from "../support/upgradable.ts";
import { browserTest } from "./browser.ts";

const TOKEN = "a-token-that-nobody-guesses", BEARER = `Authorization: Bearer ${TOKEN}\r\n`;

/** A private file with the token. */
function tokenFile(): { readonly path: string } & Disposable {
  const directory = temporaryDirectory(), path = `${directory.path}/token`;
  Deno.writeTextFileSync(path, `${TOKEN}\n`, { mode: 0o600 });
  return { path, [Symbol.dispose]: () => directory[Symbol.dispose]() };
}

/** Asks for a change. */
function act(port: number, action: unknown, fields = BEARER, type = "application/json") {
  const body = JSON.stringify(action), length = new TextEncoder().encode(body).length;
  const head =
    `Host: localhost\r\nContent-Type: ${type}\r\nContent-Length: ${length}\r\nConnection: close\r\n${fields}`;
  return ask(port, `POST /api/v1/act HTTP/1.1\r\n${head}\r\n${body}`);
}

/** Reads a stream until what has come matches. */
async function until(port: number, wanted: RegExp): Promise<string> {
  using connection = await connectTo(port);
  await connection.write(new TextEncoder().encode("GET /api/v1/events HTTP/1.0\r\nHost: localhost\r\n\r\n"));
  const decoder = new TextDecoder(), buffer = new Uint8Array(65_536);
  let text = "";
  for (let count = 0; !wanted.test(text) && count !== null;) {
    count = await connection.read(buffer) as number;
    text += decoder.decode(buffer.subarray(0, count ?? 0), { stream: true });
  }
  return text;
}

testWith(
  [posix],
  "state and failures are what show json and show failed json say, and a viewer gets them as events",
  async () => {
    const port = freePort();
    await using instance = await Instance.start(["127.0.0.1:1"], { options: ["--web", String(port)] });
    const answer = await get(port, "/api/v1/state");
    const state = JSON.parse(answer.body), shown = await instance.state();
    assert.deepEqual([state.service, state.pid, state.services.length], [shown.service, shown.pid, 1]);
    assert.deepEqual(Object.keys(state), Object.keys(shown));
    assert.equal(answer.headers.get("content-type"), "application/json");
    assert.equal(answer.headers.get("cache-control"), "no-store");
    const events = until(port, /event: state[\s\S]*event: failure\n/);
    await pause(0);
    assert.equal(await instance.answer(), "");
    const text = await events;
    assert.match(text, /event: hello\ndata: \{"version":"[\d.]+","admin":false\}\n\nevent: log\n/);
    assert.match(text, /"end":"refused"/);
    const { failed } = JSON.parse((await get(port, "/api/v1/failures?n=5")).body);
    assert.deepEqual([failed.length, failed[0].end, failed[0].attempts.length], [1, "refused", 1]);
    assert.match((await get(port, "/api/v1/log")).body, /is failing/);
    assert.equal((await get(port, "/api/v1/failures?n=x")).status, 400);
    assert.equal((await get(port, "/api/v1/why?client=1.2.3.4&id=7")).status, 400);
    assert.equal((await act(port, { do: "drain" })).status, 404);
  },
);

testWith([posix], "a change takes the token, is checked field by field, and is logged", async () => {
  const port = freePort();
  await using back = namedBackend("here");
  using token = tokenFile();
  await using instance = await Instance.start([`127.0.0.1:${back.port}`, `127.0.0.1:${back.port}`], {
    options: ["--web", String(port), "--web-admin", token.path],
  });
  const where = { service: String(instance.port), group: 0, channel: 1 }, drain = { ...where, do: "drain" };
  const status = async (...all: Parameters<typeof act>) => (await act(...all)).status;
  assert.equal(await status(port, drain, ""), 401);
  assert.equal(await status(port, drain, "Authorization: Bearer not-the-right-token\r\n"), 401);
  assert.equal(await status(port, drain, `${BEARER}Origin: http://evil.example\r\n`), 403);
  assert.equal(await status(port, drain, `${BEARER}Sec-Fetch-Site: cross-site\r\n`), 403);
  assert.equal(await status(port, drain, BEARER, "text/plain"), 415);
  assert.equal(await status(port, { ...drain, channel: "1 5" }), 400);
  assert.equal((await get(port, "/api/v1/act", `Host: localhost\r\n${BEARER}`)).status, 405);
  assert.deepEqual((await instance.channel(1)).disabledBy, []);
  const { status: done, body } = await act(port, drain, `${BEARER}Origin: http://localhost\r\n`);
  assert.deepEqual([done, JSON.parse(body)], [200, { lines: ["channel 1 drained"] }]);
  assert.deepEqual((await instance.channel(1)).disabledBy, ["drain"]);
  assert.equal(await status(port, { ...where, do: "enable" }), 200);
  assert.equal(await status(port, { ...where, do: "weight", weight: 7 }), 200);
  assert.equal((await instance.channel(1)).weight, 7);
  assert.equal(await status(port, { ...drain, channel: 9 }), 409);
  assert.equal(await status(port, { ...drain, service: "other" }), 409);
  await instance.logged(/control: \(page\) drain 1/);
  await instance.logged(/page: wrong token from 127\.0\.0\.1/);
});

testWith([linux], "on an address that others can reach, the program takes a token to start, and to look", async () => {
  const port = freePort();
  using token = tokenFile();
  const refused = async (...options: string[]) => {
    const { code, stderr } = await run(["-f", ...options, String(freePort()), "127.0.0.1:1"]);
    return [code, stderr.trim()];
  };
  const why = "needs --web-token FILE or --web-admin FILE, since other machines can connect";
  assert.deepEqual(await refused("--web", `0.0.0.0:${port}`), [64, `balance: option --web "0.0.0.0:${port}" ${why}`]);
  assert.deepEqual(await refused("--web-admin", token.path), [64, "balance: option --web-admin needs --web"]);
  Deno.chmodSync(token.path, 0o644);
  const [code, said] = await refused("--web", String(port), "--web-token", token.path);
  assert.deepEqual([code, /option --web-token: token file ".*": others may use it/.test(String(said))], [71, true]);
  Deno.chmodSync(token.path, 0o600);
  await using _ = await Instance.start(["127.0.0.1:1"], {
    options: ["--web", `0.0.0.0:${port}`, "--web-token", token.path],
  });
  // The files of the page are no secret; all that they show is.
  assert.equal((await get(port, "/")).status, 200);
  for (const path of ["state", "failures", "log", "events", "why?id=7"]) {
    assert.equal((await get(port, `/api/v1/${path}`)).status, 401, path);
  }
  assert.equal((await get(port, "/api/v1/state", `Host: x\r\n${BEARER}`)).status, 200);
});

testWith([posix], "viewers are bounded, and one that leaves makes room", async () => {
  const port = freePort();
  await using _ = await Instance.start(["127.0.0.1:1"], { options: ["--web", String(port)] });
  const viewers: Deno.Conn[] = [], buffer = new Uint8Array(65_536);
  try {
    for (let i = 0; i < MOST_VIEWERS; i++) {
      const viewer = await connectTo(port);
      viewers.push(viewer);
      await viewer.write(new TextEncoder().encode("GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n"));
      await viewer.read(buffer);
    }
    const { status, body } = await get(port, "/api/v1/events");
    assert.deepEqual([status, body], [503, `${MOST_VIEWERS} others look at the page, no more can\n`]);
    viewers.pop()!.close();
    assert.match(await until(port, /event: state/), /^HTTP\/1.1 200/);
  } finally {
    viewers.forEach((viewer) => viewer.close());
  }
});

testWith([posix], "a reload opens the page, takes another token, and closes it", async () => {
  const port = freePort(), service = `balance -b 127.0.0.1 ${freePort()} 127.0.0.1:1`;
  using token = tokenFile();
  await using instance = await FileInstance.start([service]);
  const reload = async (line: string) => {
    await Deno.writeTextFile(instance.file, `${line}\n${service}\n`);
    return await instance.control("reload");
  };
  await reload(`process --web ${port}`);
  assert.equal((await get(port, "/api/v1/state")).status, 200);
  await reload(`process --web ${port} --web-token ${token.path}`);
  assert.equal((await get(port, "/api/v1/state")).status, 401);
  assert.equal((await get(port, "/api/v1/state", `Host: localhost\r\n${BEARER}`)).status, 200);
  assert.match(await reload(`process --web 0.0.0.0:${port}`), /needs --web-token FILE or --web-admin FILE/);
  assert.equal((await get(port, "/api/v1/state")).status, 401);
  await reload("");
  await assert.rejects(get(port, "/"));
});

testWith([linux], "an upgrade hands the page over", async () => {
  const port = freePort();
  await using run = await upgradable(["127.0.0.1:1"], { options: ["--web", String(port)] });
  const { instance } = run;
  const before = JSON.parse((await get(port, "/api/v1/state")).body).pid;
  await upgrade(instance);
  assert.notEqual(JSON.parse((await get(port, "/api/v1/state")).body).pid, before);
});

for (const engine of ["portable", "linux"]) {
  browserTest(`${engine}: a back end dies and comes back while one looks`, async (page) => {
    const port = freePort();
    await using first = namedBackend("first");
    const second = namedBackend("second");
    await using instance = await Instance.start([`127.0.0.1:${first.port}`, `127.0.0.1:${second.port}`], {
      options: ["--engine", engine, "--web", String(port)],
    });
    await page.goto(`http://localhost:${port}/`);
    await page.getByText("all 2 up").waitFor();
    await instance.answers(4);
    const cell = (channel: number, column: string) =>
      page.locator(`tr[data-key="${instance.port}/0/${channel}"] td.${column}`);
    await cell(1, "total").getByText("2", { exact: true }).waitFor();
    await second[Symbol.asyncDispose]();
    assert.deepEqual(new Set(await instance.answers(2)), new Set(["first"]));
    await page.getByText("1 failing of 2").waitFor();
    await cell(1, "state").getByText("failing", { exact: true }).waitFor();
    await cell(1, "problem").getByText(/refused/i).waitFor();
    await instance.control("disable 0");
    await page.getByText("no channel is up").waitFor();
    assert.equal(await instance.answer(), "");
    await page.locator("#panel-failures").getByText(/(refused|no-channel) by/).first().waitFor();
    await using _ = namedBackend("second", { port: second.port });
    await instance.control("enable 0");
    await instance.answers(2);
    await page.getByText("all 2 up").waitFor();
    // The browser would complain that the stream breaks off.
    await page.goto("about:blank");
  }, { width: 1600 }); // wide enough for the column of totals
}
