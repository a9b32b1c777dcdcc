import assert from "node:assert/strict";
import type { LoadResult } from "./steady_load.ts";

/** What a load has seen, as the page says it. @throws {AssertionError} unless nothing failed and no byte was wrong */
export function lossless({ connections, requests, streamed, failed, reasons, wrong }: LoadResult): string[] {
  assert.deepEqual({ failed, reasons, wrong }, { failed: 0, reasons: {}, wrong: 0 });
  return [
    `0 of ${connections} connections failed`,
    `0 wrong bytes in ${requests} replies and ${Math.round(streamed / 2 ** 20)} MB of streams`,
  ];
}
