import assert from "node:assert/strict";
import { MemoryLimit } from "./memory_limit.ts";

/** Reads from a record instead of the system. */
const from = (files: Record<string, string | undefined>) => (path: string) => {
  const text = files[path];
  if (text === undefined) throw new Deno.errors.NotFound(path);
  return text;
};

Deno.test("version 2 of control groups: this group's limit, without page cache that can be freed", () => {
  const limit = MemoryLimit.find(from({
    "/proc/self/cgroup": "0::/system.slice/balance.service\n",
    "/sys/fs/cgroup/system.slice/balance.service/memory.max": "1000\n",
    "/sys/fs/cgroup/system.slice/balance.service/memory.current": "700\n",
    "/sys/fs/cgroup/system.slice/balance.service/memory.stat":
      "anon 600\ninactive_anon 1\nactive_anon 2\ninactive_file 50\nactive_file 7\n",
  }));
  assert.deepEqual(limit?.look(), { limit: 1000, used: 643 });
});

Deno.test("version 1 of control groups, among other controllers", () => {
  const limit = MemoryLimit.find(from({
    "/proc/self/cgroup": "9:name=systemd:/\n4:cpu,memory:/a\n0::/\n",
    "/sys/fs/cgroup/memory/a/memory.limit_in_bytes": "1000\n",
    "/sys/fs/cgroup/memory/a/memory.usage_in_bytes": "700\n",
    "/sys/fs/cgroup/memory/a/memory.stat":
      "inactive_file 1\nactive_file 2\ntotal_inactive_file 100\ntotal_active_file 30\n",
  }));
  assert.deepEqual(limit?.look(), { limit: 1000, used: 570 });
});

Deno.test("among nested groups, the one with the least left counts", () => {
  const group = (path: string, max: string, current: string) => ({
    [`/sys/fs/cgroup${path}/memory.max`]: max,
    [`/sys/fs/cgroup${path}/memory.current`]: current,
    [`/sys/fs/cgroup${path}/memory.stat`]: "inactive_file 0\n",
  });
  const limit = MemoryLimit.find(from({
    "/proc/self/cgroup": "0::/a/b\n",
    ...group("/a/b", "1000", "100"),
    ...group("/a", "2000", "1900"),
  }));
  assert.deepEqual(limit?.look(), { limit: 2000, used: 1900 });
});

Deno.test("a container that sees its own group as the root", () => {
  const limit = MemoryLimit.find(from({
    "/proc/self/cgroup": "0::/docker/0123\n",
    "/sys/fs/cgroup/memory.max": "1000\n",
    "/sys/fs/cgroup/memory.current": "10\n",
    "/sys/fs/cgroup/memory.stat": "",
  }));
  assert.deepEqual(limit?.look(), { limit: 1000, used: 10 });
});

Deno.test("there is no limit without one set, without control groups, and with numbers that mean no limit", () => {
  const files = { "/sys/fs/cgroup/memory.current": "10\n", "/sys/fs/cgroup/memory.stat": "" };
  for (
    const other of [
      {},
      { "/proc/self/cgroup": "0::/\n" },
      { "/proc/self/cgroup": "0::/\n", "/sys/fs/cgroup/memory.max": "max\n" },
      { "/proc/self/cgroup": "", "/sys/fs/cgroup/memory.max": "1000\n" },
      { "/proc/self/cgroup": "4:memory:/\n", "/sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n" },
    ]
  ) assert.equal(MemoryLimit.find(from({ ...files, ...other })), undefined);
});
