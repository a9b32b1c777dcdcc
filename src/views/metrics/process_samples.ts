import { type Exposition, type Family, labelsOf } from "./exposition.ts";
import type { Measured, ProcessFigures } from "./measured.ts";

/** The process and its figures. */
interface Subject {
  readonly figures: ProcessFigures;
  readonly connections: number;
  readonly threads: number;
  readonly started: string;
  readonly leaving: boolean;
  readonly lostLines: number;
}

/** Families of the process's metrics, and the values; undefined where the system does not tell. */
const FAMILIES: readonly (Family & { readonly of: (subject: Subject) => number | undefined })[] = [
  {
    name: "balance_threads",
    type: "gauge",
    help: "Threads that move bytes.",
    of: ({ threads }) => threads,
  },
  {
    name: "balance_connections_current",
    type: "gauge",
    help: "Client connections of all services at this moment.",
    of: ({ connections }) => connections,
  },
  {
    name: "balance_connections_limit",
    type: "gauge",
    help: "Most clients that are served at a time; more wait in the kernel's queue.",
    of: ({ figures }) => figures.mostConnections,
  },
  {
    name: "balance_leaving",
    type: "gauge",
    help: "1 if the process is about to stop.",
    of: ({ leaving }) => leaving ? 1 : 0,
  },
  {
    name: "balance_log_lost_lines",
    type: "counter",
    help: "Lines of the log that could not be written.",
    of: ({ lostLines }) => lostLines,
  },
  {
    name: "balance_lost_records",
    type: "counter",
    help: "Records of connections that were lost because they came faster than they could be read.",
    of: ({ figures }) => figures.lostRecords,
  },
  {
    name: "process_start_time_seconds",
    type: "gauge",
    unit: "seconds",
    help: "When the process was started, in seconds since 1970.",
    of: ({ started }) => Date.parse(started) / 1000,
  },
  {
    name: "process_cpu_seconds",
    type: "counter",
    unit: "seconds",
    help: "Processor time of the process, in user and system mode.",
    of: ({ figures }) => figures.processorSeconds,
  },
  {
    name: "process_resident_memory_bytes",
    type: "gauge",
    unit: "bytes",
    help: "Resident memory of the process.",
    of: ({ figures }) => figures.residentMemory,
  },
  {
    name: "process_open_fds",
    type: "gauge",
    help: "Open descriptors of the process.",
    of: ({ figures }) => figures.openDescriptors,
  },
  {
    name: "process_max_fds",
    type: "gauge",
    help: "Most descriptors that the process may have open.",
    of: ({ figures }) => figures.mostDescriptors,
  },
];

/** Writes what there is to say about the process. */
export function writeProcess(to: Exposition, measured: Measured, figures: ProcessFigures): void {
  const { engine, threads, started, connections, log } = measured.describe();
  to.family({ name: "balance_build", type: "info", help: "Version and engine of the program." });
  to.sample(labelsOf({ version: measured.version, engine }), 1);
  const subject = { figures, connections, threads, started, leaving: measured.leaving ?? false, lostLines: log.lost };
  for (const family of FAMILIES) {
    const value = family.of(subject);
    to.family(family);
    if (value !== undefined) to.sample("", value);
  }
}
