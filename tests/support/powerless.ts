import assert from "node:assert/strict";

/** What the kernel says about each thread of a process (proc(5)). */
function threads(pid: number): string[] {
  return [...Deno.readDirSync(`/proc/${pid}/task`)].map(({ name }) =>
    Deno.readTextFileSync(`/proc/${pid}/task/${name}/status`)
  );
}

/** Fails unless all threads have this user and group and nothing else. */
export function assertPowerless(pid: number, uid: number, gid: number): void {
  const all = threads(pid);
  assert.ok(all.length > 2, `${all.length} threads`);
  for (const status of all) {
    assert.match(status, new RegExp(`^Uid:(\t${uid}){4}$`, "m"));
    assert.match(status, new RegExp(`^Gid:(\t${gid}){4}$`, "m"));
    assert.match(status, /^Groups:\s*$/m);
    for (const set of ["CapEff", "CapPrm", "CapAmb"]) assert.match(status, new RegExp(`^${set}:\t0+$`, "m"));
  }
}
