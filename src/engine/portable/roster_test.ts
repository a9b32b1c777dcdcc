import assert from "node:assert/strict";
import { Roster } from "./roster.ts";

const member = (name: string) => ({ place: 0, name });

Deno.test("whichever member leaves, a roster keeps the others", () => {
  for (const leaver of [0, 1, 2]) {
    const roster = new Roster<{ place: number; name: string }>(), members = ["a", "b", "c"].map(member);
    members.forEach((each) => roster.add(each));
    roster.delete(members[leaver]);
    const rest = members.filter((_, index) => index !== leaver);
    assert.deepEqual(new Set(roster.all()), new Set(rest));
    rest.forEach((each) => roster.delete(each));
    assert.equal(roster.size, 0);
  }
});

Deno.test("a member that has left may come back", () => {
  const roster = new Roster<{ place: number; name: string }>(), [a, b] = [member("a"), member("b")];
  roster.add(a);
  roster.add(b);
  roster.delete(a);
  roster.add(a);
  roster.delete(b);
  assert.deepEqual(roster.all(), [a]);
});

Deno.test("the list of members does not change while they leave", () => {
  const roster = new Roster<{ place: number; name: string }>();
  ["a", "b", "c"].forEach((name) => roster.add(member(name)));
  const seen = [];
  for (const each of roster.all()) {
    seen.push(each.name);
    roster.delete(each);
  }
  assert.deepEqual(seen, ["a", "b", "c"]);
  assert.equal(roster.size, 0);
});
