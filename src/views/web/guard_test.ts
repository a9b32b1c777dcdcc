import assert from "node:assert/strict";
import { Guard, type Tokens, type Wanted } from "./guard.ts";
import { Token } from "./token.ts";

const READ = "the token to read with", ADMIN = "the token that changes things";
const read = new Token(READ.replaceAll(" ", "-")), admin = new Token(ADMIN.replaceAll(" ", "-"));
const bearer = (word: string) => ({ authorization: `Bearer ${word.replaceAll(" ", "-")}` });

async function status(
  tokens: Tokens,
  wanted: Wanted,
  headers: Readonly<Record<string, string | undefined>>,
  loopback = true,
): Promise<number | undefined> {
  const all = new Map(Object.entries({ host: "localhost:9000", ...headers } as Record<string, string>));
  const request = {
    ...{ method: "GET", path: "/", query: new URLSearchParams(), headers: all, body: new Uint8Array() },
    ...{ client: "127.0.0.1", loopback, over: new AbortController().signal },
  };
  return (await new Guard(tokens, () => {}, 0).refuse(request, wanted))?.status;
}

Deno.test("loopback is open to those who look, unless a token to read is asked for", async () => {
  assert.equal(await status({}, "see", {}), undefined);
  assert.equal(await status({ admin }, "see", {}), undefined);
  assert.equal(await status({ read }, "see", {}), 401);
  assert.equal(await status({ read }, "see", bearer(READ)), undefined);
});

Deno.test("other addresses take a token, to read or to change", async () => {
  assert.equal(await status({ admin }, "see", {}, false), 401);
  assert.equal(await status({ admin }, "see", bearer(ADMIN), false), undefined);
  assert.equal(await status({ read, admin }, "see", bearer(ADMIN), false), undefined);
  assert.equal(await status({ read }, "see", bearer(READ), false), undefined);
});

Deno.test("changes take the token for changes, everywhere", async () => {
  assert.equal(await status({}, "change", bearer(ADMIN)), 404);
  assert.equal(await status({ admin }, "change", {}), 401);
  assert.equal(await status({ read, admin }, "change", bearer(READ)), 401);
  assert.equal(await status({ read, admin }, "change", bearer(ADMIN)), undefined);
  assert.equal(await status({ admin }, "change", { authorization: `Basic ${ADMIN}` }), 401);
});

Deno.test("what a browser sends for another site is refused, even with the token", async () => {
  for (
    const headers of [
      { origin: "http://evil.example" },
      { origin: "null" },
      { origin: "http://localhost:9001" },
      { "sec-fetch-site": "cross-site" },
      { "sec-fetch-site": "same-site" },
    ]
  ) assert.equal(await status({ admin }, "change", { ...headers, ...bearer(ADMIN) }), 403, JSON.stringify(headers));
  for (
    const headers of [{ origin: "http://localhost:9000", "sec-fetch-site": "same-origin" }, {
      "sec-fetch-site": "none",
    }]
  ) {
    assert.equal(await status({ admin }, "change", { ...headers, ...bearer(ADMIN) }), undefined);
  }
});
