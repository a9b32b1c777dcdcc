/** Milliseconds until accepting or connecting is retried after a shortage on this machine. */
export const SHORTAGE_PAUSE = 100;
