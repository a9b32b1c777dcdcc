import assert from "node:assert/strict";
import { fitHelp, fitTable } from "./fit.ts";

const TABLE = [
  "GRP Type  #   S       ip-address  port    c      totalc maxc        sent        rcvd",
  "  0   RR  0 ENA        127.0.0.1 18101    0           5    0         375        2480",
  "  1 Hash 63 dis 255.255.255.255 65535 1000  1234567890 5000 98765432109 12345678901",
];

Deno.test("a table that fits stays as it is", () => assert.equal(fitTable(TABLE, 84), TABLE));

Deno.test("at 80 columns its columns are as narrow as they can be", () => {
  assert.deepEqual(fitTable(TABLE.slice(0, 2), 80), [
    "GRP Type # S   ip-address  port c totalc maxc sent rcvd".replace("S  ", "  S"),
    "  0   RR 0 ENA  127.0.0.1 18101 0      5    0  375 2480",
  ]);
});

Deno.test("if that is still too wide, counters are rounded down", () => {
  const fitted = fitTable(TABLE, 80);
  assert.ok(fitted.every((line) => line.length <= 80), fitted.join("\n"));
  assert.match(fitted[2], / 1\.2G 5000 98\.7G 12\.3G$/);
  assert.match(fitted[1], / 5 {4}0 {3}375 {2}2480$/);
});

Deno.test("if even that is too wide, the longest addresses lose their middle", () => {
  const long = TABLE[1].replace("       127.0.0.1", "2001:db8:1111:2222:3333:4444:5555:6666");
  const fitted = fitTable([...TABLE, long], 80);
  assert.ok(fitted.every((line) => line.length <= 80), fitted.join("\n"));
  assert.match(fitted[3], / ENA +2001:db8:[\d:]+…[\d:]+:6666 18101 /);
  assert.match(fitted[2], / 255\.255\.255\.255 /);
});

Deno.test("each of several tables fits by itself, and the names of services stay", () => {
  const fitted = fitTable(["service web on port 80", ...TABLE, "service mail on port 25", ...TABLE.slice(0, 2)], 80);
  assert.deepEqual(fitted, [
    "service web on port 80",
    ...fitTable(TABLE, 80),
    "service mail on port 25",
    ...fitTable(TABLE.slice(0, 2), 80),
  ]);
});

Deno.test("anything that is not a table stays as it is, however long", () => {
  for (const lines of [["syntax error".repeat(20)], [TABLE[0], "a b"]]) assert.deepEqual(fitTable(lines, 40), lines);
});

Deno.test("the help wraps between words, into the column where descriptions begin", () => {
  const help = [
    "  maxc CH N     limit its simultaneous connections, 0 for no limit",
    "  quit          end the session",
  ];
  assert.deepEqual(fitHelp(help, 50), [
    "  maxc CH N     limit its simultaneous",
    "                connections, 0 for no limit",
    "  quit          end the session",
  ]);
  assert.deepEqual(fitHelp(help, 80), help);
  assert.deepEqual(fitHelp(help, 12), help, "too narrow for anything");
});

Deno.test("a line below a table leaves it to itself", () => {
  const line = "queue: 1 waiting, 2 served, 3 timed out, 4 left", fitted = fitTable(TABLE, 60);
  assert.notDeepEqual(fitted, TABLE);
  assert.deepEqual(fitTable([...TABLE, line], 60), [...fitted, line]);
});

Deno.test("a description behind long words goes below them, into the column of the others", () => {
  const long = `  show [${"x".repeat(30)}]`, lines = ["  quit    end the session", `${long}  show what there is`];
  assert.deepEqual(fitHelp(lines, 50), ["  quit    end the session", long, "          show what there is"]);
  assert.deepEqual(fitHelp(lines, 200), lines);
});

Deno.test("words of a command that are too long for any line are broken behind spaces and bars", () => {
  const lines = [
    "  quit    end the session",
    "  show [one|two|three|four|five] [six|seven] [eight]  show what there is",
  ];
  assert.deepEqual(fitHelp(lines, 26), [
    "  quit    end the session",
    "  show [one|two|three|",
    "    four|five] [six|seven]",
    "    [eight]",
    "          show what there",
    "          is",
  ]);
  assert.deepEqual(fitHelp(lines, 200), lines);
});
