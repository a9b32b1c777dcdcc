/** Milliseconds until accepting or connecting is tried again after this machine was short of what it takes. */
export const SHORTAGE_PAUSE = 100;
