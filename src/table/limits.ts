/** Groups an instance can have, numbered from 0. */
export const MAX_GROUPS = 32;

/** Channels a group can have, numbered from 0. */
export const MAX_CHANNELS = 64;

/**
 * Rows of a group's channels. A channel that has been removed keeps its row until its last connection is gone, so there
 * is room for a whole group that leaves while another one takes its place. Rows never used take no memory.
 */
export const ROWS = 2 * MAX_CHANNELS;

/** Threads that may count connections and bytes at the same time. */
export const MAX_LANES = 16;

/** The largest weight. The smallest is 0: the channel gets no new connections. */
export const MAX_WEIGHT = 256;

/** Turns of the longest schedule of a group whose channels have different weights. */
export const MAX_TURNS = 4096;

/** Most clients of a service that can wait for a place at the same time. */
export const MAX_WAITING = 65_536;

/** The largest `maxc`: what a signed 32-bit counter can reach. */
export const MAX_CONNECTIONS_PER_CHANNEL = 2 ** 31 - 1;
