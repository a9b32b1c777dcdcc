import { processorTime } from "../bench/processor_time.ts";
import { pause } from "../support/eventually.ts";

/** Descriptors of a process, as proc(5) shows them. */
export interface Descriptors {
  readonly all: number;
  readonly sockets: number;
  readonly pipes: number;
}

/** Counts a process's open descriptors. */
export function descriptorsOf(pid: number): Descriptors {
  const counts = { all: 0, sockets: 0, pipes: 0 };
  for (const { name } of Deno.readDirSync(`/proc/${pid}/fd`)) {
    let target: string;
    try {
      target = Deno.readLinkSync(`/proc/${pid}/fd/${name}`);
    } catch {
      continue;
    }
    counts.all++;
    if (target.startsWith("socket:")) counts.sockets++;
    else if (target.startsWith("pipe:")) counts.pipes++;
  }
  return counts;
}

/** Resident memory of a process in bytes. */
export function residentMemory(pid: number): number {
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(Deno.readTextFileSync(`/proc/${pid}/status`))![1]) * 1024;
}

/** Share of one processor that a process uses over some seconds, in per cent. */
export async function processorShare(pid: number, seconds: number): Promise<number> {
  const before = processorTime([pid]), start = performance.now();
  await pause(seconds * 1000);
  // A thread that has ended takes its time with it.
  return Math.max(0, processorTime([pid]) - before) / 1e6 / (performance.now() - start) * 100;
}
