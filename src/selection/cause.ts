/**
 * Why a connect failed. Only `channel` counts against the channel and can disable it; the others are shortages on this
 * machine, in which the channel was not even tried. `ports`: those towards its address are used up, but other channels
 * may work. `machine`: there are no descriptors or no memory, so no other channel helps.
 */
export type Cause = "channel" | "ports" | "machine";

/** Local ports are counted per destination; older kernels say EAGAIN when there are none. */
const SHORTAGES: Readonly<Record<string, Cause>> = {
  EMFILE: "machine",
  ENFILE: "machine",
  ENOBUFS: "machine",
  ENOMEM: "machine",
  EADDRNOTAVAIL: "ports",
  EADDRINUSE: "ports",
  EAGAIN: "ports",
};

/** Whose fault a failed connect is, by its errno name (connect(2), socket(2)). */
export function causeOf(code: string | undefined): Cause {
  return SHORTAGES[code ?? ""] ?? "channel";
}
