import assert from "node:assert/strict";
import { ActionFault, readAction } from "./action.ts";
import { whyCommand } from "./why_query.ts";

const read = (value: unknown) => readAction(new TextEncoder().encode(JSON.stringify(value)));
const good = { service: "web", group: 1, channel: 2 };

Deno.test("an action becomes a control command", () => {
  for (const verb of ["enable", "disable", "drain"]) {
    assert.deepEqual(read({ ...good, do: verb }), { service: "web", group: 1, command: `${verb} 2` });
  }
  assert.equal(read({ ...good, do: "weight", weight: 5 }).command, "weight 2 5");
});

Deno.test("an action with anything wrong in it is refused, and the field is named", () => {
  const wrong: [unknown, RegExp][] = [
    ["text", /no JSON object/],
    [[], /no JSON object/],
    [{ ...good }, /^do must be/],
    [{ ...good, do: "kill" }, /^do must be/],
    [{ ...good, do: "enable 1\nkill" }, /^do must be/],
    [{ ...good, do: "enable", weight: 1 }, /no field "weight"/],
    [{ ...good, do: "weight" }, /^weight must be/],
    [{ ...good, do: "weight", weight: "1 2" }, /^weight must be/],
    [{ ...good, do: "drain", channel: "1\nkill" }, /^channel must be/],
    [{ ...good, do: "drain", channel: -1 }, /^channel must be/],
    [{ ...good, do: "drain", group: 1.5 }, /^group must be/],
    [{ ...good, do: "drain", service: 3 }, /^service must be/],
  ];
  for (const [value, reason] of wrong) {
    assert.throws(() => read(value), (error) => error instanceof ActionFault && reason.test(error.message));
  }
  assert.throws(() => readAction(Uint8Array.of(0x7b, 0xff)), ActionFault);
});

Deno.test("a question why becomes a control command, and nothing else can", () => {
  const ask = (text: string) => whyCommand(new URLSearchParams(text));
  assert.equal(ask("client=10.1.2.3"), "why 10.1.2.3 json");
  assert.equal(ask("client=2001:db8::1&port=443&sni=a.example"), "why 2001:db8::1 443 sni a.example json");
  assert.equal(ask("id=7pc"), "why 7pc json");
  const wrong = [
    "",
    "client=1.2.3.4&id=7",
    "client=1.2.3.4%0akill",
    "id=7 json",
    "client=1.2.3.4&port=x",
    "id=7&port=1",
  ];
  for (const text of [...wrong, "client=1.2.3.4&sni=a b"]) assert.notEqual(typeof ask(text), "string", text);
});
