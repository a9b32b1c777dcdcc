import assert from "node:assert/strict";
import fc from "fast-check";
import { EncodedEvent } from "../event_stream.ts";
import { EventParser } from "./event_parser.js";

Deno.test("page: events are read whatever the pieces they come in", () => {
  const event = fc.record({ type: fc.constantFrom("state", "line"), value: fc.string({ unit: "binary" }) }, {
    noNullPrototype: true,
  });
  fc.assert(
    fc.property(fc.array(event), fc.infiniteStream(fc.integer({ min: 1, max: 20 })), (events, sizes) => {
      const decoder = new TextDecoder();
      const text = events.map(({ type, value }) => decoder.decode(new EncodedEvent(type, JSON.stringify(value)).plain))
        .join("");
      const parser = new EventParser(), found: unknown[] = [];
      for (let at = 0; at < text.length;) {
        const size = sizes.next().value!;
        for (const { type, data } of parser.take(text.slice(at, at += size))) {
          found.push({ type, value: JSON.parse(data) });
        }
      }
      assert.deepEqual(found, events);
    }),
    { numRuns: 40 },
  );
});

Deno.test("page: comments and unknown fields are passed over, and an event without data is none", () => {
  const parser = new EventParser();
  assert.deepEqual(parser.take(": hello\nid: 1\nevent: x\n\ndata: a\ndata:b\n\n"), [{ type: "message", data: "a\nb" }]);
});
