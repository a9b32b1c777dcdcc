import assert from "node:assert/strict";
import { acceptedForm } from "./accepted_form.ts";

Deno.test("a client gets the form that it likes best", () => {
  // What Prometheus 2.42 and 3.5 ask for.
  const prometheus =
    "application/openmetrics-text;version=1.0.0;q=0.75,application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=0.0.4;q=0.25,*/*;q=0.1";
  const escaping =
    "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,application/vnd.google.protobuf;proto=x;q=0.5,text/plain;version=1.0.0;q=0.3,text/plain;version=0.0.4;q=0.2,*/*;q=0.1";
  for (const accept of [prometheus, escaping, "Application/OpenMetrics-Text"]) {
    assert.equal(acceptedForm(accept), "openmetrics", accept);
  }
});

Deno.test("whoever says nothing, or does not know OpenMetrics 1.0, gets the text format", () => {
  const others = [undefined, "", "*/*", "text/html,*/*;q=0.8", "application/openmetrics-text;version=2.0.0,*/*;q=0.1"];
  for (
    const accept of [...others, "application/openmetrics-text;q=0", "application/openmetrics-text;q=.5,text/plain"]
  ) {
    assert.equal(acceptedForm(accept), "text", accept);
  }
});
