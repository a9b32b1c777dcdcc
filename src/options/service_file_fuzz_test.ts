import assert from "node:assert/strict";
import fc from "fast-check";
import { foreignText, isHarmless } from "../../tests/fuzz/foreign_text.ts";
import { parameters } from "../../tests/fuzz/parameters.ts";
import { MemoryFiles } from "../../tests/support/memory_files.ts";
import { readServiceFile } from "./service_file.ts";
import { faultLines } from "./source_fault.ts";

function read(files: Record<string, string | Uint8Array>) {
  return readServiceFile("a", new MemoryFiles(files));
}

Deno.test("whatever is in a file, it is read, and what is wrong is told harmlessly", () => {
  const piece = fc.oneof(
    fc.constantFrom(
      ..."balance|defaults|process|include|-t 2|--name|x|80|443,80|8000-8010|a:80:1|!|%|-b ::1|\n|\n  |# c|'|\"|\\|$"
        .split("|"),
    ),
    foreignText(8),
  );
  const text = fc.array(piece, { maxLength: 40 }).map((parts) => parts.join(" "));
  fc.assert(
    fc.property(text, text, (a, b) => {
      for (const fault of read({ a, b, "80": "" }).faults) {
        for (const line of faultLines(fault)) assert.ok(isHarmless(line.replaceAll("\t", "")), line);
      }
    }),
    parameters(1000),
  );
});

Deno.test("whatever bytes are in a file, it is read", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      read({ a: bytes }).faults.forEach(faultLines);
    }),
    parameters(1000),
  );
});
