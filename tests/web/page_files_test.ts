import assert from "node:assert/strict";
import { PAGE_FILES, readPageFiles } from "../../src/views/web/page_files.ts";

const folder = new URL("../../src/views/web/page/", import.meta.url);

Deno.test("the list of the page's files is what is in its folder, and each is asked for by another", async () => {
  const there = [...Deno.readDirSync(folder)].map(({ name }) => name).filter((name) => !name.endsWith("_test.ts"));
  assert.deepEqual([...PAGE_FILES].sort(), there.sort());
  const all = (await Promise.all(there.map((name) => Deno.readTextFile(new URL(name, folder))))).join("");
  const unused = there.filter((name) =>
    name !== "index.html" && !all.includes(`"./${name}"`) && !all.includes(`"${name}"`)
  );
  assert.deepEqual(unused, []);
});

Deno.test("the page loads nothing from elsewhere and has no inline script or style", async () => {
  for (const name of PAGE_FILES) {
    const text = await Deno.readTextFile(new URL(name, folder));
    // A namespace is a name.
    const addresses = (text.match(/(https?:)?\/\/\w[^\s"']*/g) ?? []).filter((one) =>
      one !== "http://www.w3.org/2000/svg"
    );
    if (!name.endsWith(".js")) assert.deepEqual(addresses, [], name);
    // Behind a web server, the page may be below any path.
    assert.doesNotMatch(text, /\b(?:href|src)="\/|\bfetch\(["'`]\//, name);
    assert.doesNotMatch(
      text,
      /\binnerHTML|outerHTML|insertAdjacentHTML|\beval\(|document\.write|@import url|url\(/,
      name,
    );
  }
  const page = await Deno.readTextFile(new URL("index.html", folder));
  assert.doesNotMatch(page, /<style|style=|\son\w+=|<script(?![^>]* src=)/);
});

Deno.test("charts come out of the package, and every file has its type and tag", async () => {
  const files = await readPageFiles();
  assert.equal(files.size, PAGE_FILES.length + 2);
  assert.match(new TextDecoder().decode(files.get("/uplot.js")!.bytes), /^\/\*!.*uPlot/);
  assert.equal(files.get("/")!.type, "text/html; charset=utf-8");
  assert.equal(new Set([...files.values()].map(({ tag }) => tag)).size, files.size);
});
