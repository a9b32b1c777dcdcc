/** Nanoseconds of processor time used so far by the processes with all their threads, to a scheduler tick or better. */
export function processorTime(pids: readonly number[]): number {
  let total = 0;
  for (const pid of pids) {
    for (const { name } of Deno.readDirSync(`/proc/${pid}/task`)) {
      try {
        // proc(5) says nothing of it; the kernel's sched-stats.rst: the first number is the time spent on the processor.
        total += parseInt(Deno.readTextFileSync(`/proc/${pid}/task/${name}/schedstat`), 10);
      } catch {
        // The thread has ended since the directory was read.
      }
    }
  }
  return total;
}
