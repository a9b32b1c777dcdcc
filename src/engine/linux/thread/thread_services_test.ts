import assert from "node:assert/strict";
import type { Terms } from "./terms.ts";
import type { ThreadService } from "./thread_service.ts";
import { ThreadServices } from "./thread_services.ts";

/** A service whose settings change again and again. */
function changing() {
  const service = { id: 1 } as ThreadService;
  const change = () => service.terms = { service, clients: 0, place: -1 } as unknown as Terms;
  change();
  return { service, change, services: new ThreadServices(1000) };
}

Deno.test("clients keep the terms they came under, and a channel's socket has its client's", () => {
  const { service, change, services } = changing();
  const first = services.enter(10, service);
  services.follow(20, 10);
  change();
  const second = services.enter(11, service);
  assert.notEqual(first, second);
  assert.deepEqual([services.of(10), services.of(20), services.of(11)].map((terms) => terms === first), [
    true,
    true,
    false,
  ]);
});

Deno.test("the place of terms is used again once their last client has left, and never before", () => {
  const { service, change, services } = changing();
  const held = services.enter(10, service);
  services.enter(11, service);
  services.leave(held);
  for (let i = 0; i < 1000; i++) {
    change();
    const passing = services.enter(12, service);
    assert.notEqual(passing.place, held.place);
    assert.ok(passing.place <= 1);
    services.leave(passing);
  }
  assert.equal(services.of(11), held);
  services.leave(held);
  change();
  assert.ok(services.enter(13, service).place <= 1);
});
