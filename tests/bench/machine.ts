import { congestionControl } from "./network.ts";

/** What a run depends on, for the record beside the figures. */
export interface Machine {
  readonly processor: string;
  readonly processors: number;
  readonly kernel: string;
  readonly deno: string;
  readonly congestion: string;
}

/** Describes this machine. */
export function describeMachine(): Machine {
  const model = /^model name\s*:\s*(.*)$/m.exec(Deno.readTextFileSync("/proc/cpuinfo"));
  return {
    processor: model?.[1] ?? Deno.build.arch,
    processors: allowedProcessors().length,
    kernel: Deno.osRelease(),
    deno: Deno.version.deno,
    congestion: congestionControl(),
  };
}

/** Numbers of the processors this process may use. */
export function allowedProcessors(): number[] {
  const list = /^Cpus_allowed_list:\s*(\S+)$/m.exec(Deno.readTextFileSync("/proc/self/status"))![1];
  return list.split(",").flatMap((part) => {
    const [first, last = first] = part.split("-").map(Number);
    return Array.from({ length: last - first + 1 }, (_, i) => first + i);
  });
}

/** Descriptors a process may have. Deno has raised its own limit as far as it may, and what it starts inherits that. */
export function descriptorLimit(): number {
  const limit = /^Max open files\s+(\d+)/m.exec(Deno.readTextFileSync("/proc/self/limits"));
  return limit ? Number(limit[1]) : 1024;
}
