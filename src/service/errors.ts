/**
 * What an error of the library is about: its `code`, for programs to check. System errors keep the system's code,
 * such as EADDRINUSE.
 */
export type ErrorCode =
  /** TypeError: a value is missing, is of the wrong kind, or cannot be read. */
  | "ERR_INVALID_TYPE"
  /** TypeError: there is no option of that name. */
  | "ERR_UNKNOWN_OPTION"
  /** RangeError: a number is out of range, a name is not one of those allowed, or there are too many of something. */
  | "ERR_OUT_OF_RANGE"
  /** RangeError: the group has no channel of that number. */
  | "ERR_NO_SUCH_CHANNEL"
  /** RangeError: the group is full. */
  | "ERR_GROUP_FULL"
  /** Error: another service has that name. */
  | "ERR_SERVICE_EXISTS"
  /** Error: there is no service to which this could apply. */
  | "ERR_NO_SUCH_SERVICE"
  /** `UnknownHost`. */
  | "ERR_UNKNOWN_HOST"
  /** Error: a file of networks cannot be read, or has a line that is no network. */
  | "ERR_NETWORK_FILE"
  /** `ChannelLoop`. */
  | "ERR_CHANNEL_LOOP"
  /** `EngineUnavailable`. */
  | "ERR_ENGINE_UNAVAILABLE"
  /** `Deno.errors.NotCapable`: Deno lacks a permission that this needs. */
  | "ERR_PERMISSION"
  /** Error: the balancer or the service has stopped. */
  | "ERR_STOPPED";

/** A host that does not resolve, or not to an address that can be reached from the source address. */
export class UnknownHost extends Error {
  /** Name of the class. */
  override readonly name = "UnknownHost";
  /** For programs to check; it stays the same. */
  readonly code = "ERR_UNKNOWN_HOST" satisfies ErrorCode;
  /** The option that names it; undefined if it is a channel's. */
  readonly option?: "hostname" | "source";

  /**
   * Names the host.
   *
   * @param message what is wrong with it
   * @param option the option that names it, if it is no channel's
   */
  constructor(message: string, option?: "hostname" | "source") {
    super(message);
    this.option = option;
  }
}

/** A channel without a limit that is its own service, so that clients would come back endlessly. */
export class ChannelLoop extends RangeError {
  /** Name of the class. */
  override readonly name = "ChannelLoop";
  /** For programs to check; it stays the same. */
  readonly code = "ERR_CHANNEL_LOOP" satisfies ErrorCode;
  /** Number of the channel's group. */
  readonly group: number;
  /** Number of the channel in its group; for a new one, the number it would have got. */
  readonly channel: number;

  /**
   * Names the channel.
   *
   * @param path the option or argument that names the channel
   * @param address where it leads
   * @param group number of its group
   * @param channel its number in the group
   */
  constructor(path: string, address: string, group: number, channel: number) {
    super(`Cannot use ${path}: ${address} is the balancer itself, which takes a limit (maxc) or allowLoop`);
    this.group = group;
    this.channel = channel;
  }
}

/** The requested engine cannot run here, or lacks something that the options need. */
export class EngineUnavailable extends Error {
  /** Name of the class. */
  override readonly name = "EngineUnavailable";
  /** For programs to check; it stays the same. */
  readonly code = "ERR_ENGINE_UNAVAILABLE" satisfies ErrorCode;
}

/** The process lacks a right that the options need. */
export class MissingCapability extends EngineUnavailable {}

/** Gives an error its code. */
export function coded<E extends Error>(error: E, code: ErrorCode): E & { readonly code: ErrorCode } {
  return Object.assign(error, { code });
}
