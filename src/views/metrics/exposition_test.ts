import assert from "node:assert/strict";
import { Exposition, type Form, labelsOf } from "./exposition.ts";

const text = (form: Form) => {
  const to = new Exposition(form);
  to.family({ name: "a_bytes", type: "counter", unit: "bytes", help: "Some." });
  to.sample("", 5);
  to.sample(labelsOf({ x: 1, y: "", z: undefined }), 2 ** 60);
  to.family({ name: "nothing", type: "gauge", help: "Nobody has it." });
  to.family({ name: "b", type: "info", help: "About b." });
  to.sample('v="1"', 1);
  to.family({ name: "c_seconds", type: "histogram", unit: "seconds", help: "Times." });
  to.histogram('g="0"', [0.5, 1], [1, 2], 3, 7.25);
  const { count, chunks } = to.finish(), said = chunks.map((chunk) => new TextDecoder().decode(chunk)).join("");
  assert.equal(count, said.split("\n").length - 1);
  return said;
};

Deno.test("the text format has a head and samples for each family that has values", () => {
  assert.equal(
    text("text"),
    `# HELP a_bytes_total Some.
# TYPE a_bytes_total counter
a_bytes_total 5
a_bytes_total{x="1"} 1152921504606847000
# HELP b_info About b.
# TYPE b_info gauge
b_info{v="1"} 1
# HELP c_seconds Times.
# TYPE c_seconds histogram
c_seconds_bucket{g="0",le="0.5"} 1
c_seconds_bucket{g="0",le="1"} 2
c_seconds_bucket{g="0",le="+Inf"} 3
c_seconds_sum{g="0"} 7.25
c_seconds_count{g="0"} 3
`,
  );
});

Deno.test("OpenMetrics names families without the endings of samples, has units, and ends", () => {
  assert.equal(
    text("openmetrics"),
    `# HELP a_bytes Some.
# TYPE a_bytes counter
# UNIT a_bytes bytes
a_bytes_total 5
a_bytes_total{x="1"} 1152921504606847000
# HELP b About b.
# TYPE b info
b_info{v="1"} 1
# HELP c_seconds Times.
# TYPE c_seconds histogram
# UNIT c_seconds seconds
c_seconds_bucket{g="0",le="0.5"} 1
c_seconds_bucket{g="0",le="1.0"} 2
c_seconds_bucket{g="0",le="+Inf"} 3
c_seconds_sum{g="0"} 7.25
c_seconds_count{g="0"} 3
# EOF
`,
  );
});

Deno.test("what a label must not have becomes an escape", () => {
  assert.equal(labelsOf({ a: 'x"y\\z\nw' }), 'a="x\\"y\\\\z\\nw"');
});
