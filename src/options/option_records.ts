import type { OptionRecord } from "./option_record.ts";
import { access } from "./records/access.ts";
import { choosing } from "./records/choosing.ts";
import { connectionLog } from "./records/connection_log.ts";
import { control } from "./records/control.ts";
import { files } from "./records/files.ts";
import { health } from "./records/health.ts";
import { listening } from "./records/listening.ts";
import { logging } from "./records/logging.ts";
import { names } from "./records/names.ts";
import { process } from "./records/process.ts";
import { proxy } from "./records/proxy.ts";
import { sockets } from "./records/sockets.ts";
import { timeouts } from "./records/timeouts.ts";
import { views } from "./records/views.ts";

/**
 * Every option, by its name in the library, in the order of the help. Types, parser, help, checks and the text form all
 * come from here.
 */
export const optionRecords = {
  ...listening,
  ...access,
  ...proxy,
  ...choosing,
  ...health,
  ...names,
  ...timeouts,
  ...sockets,
  ...process,
  ...logging,
  ...connectionLog,
  ...views,
  ...files,
  ...control,
};

/** Name of an option in the library. */
export type OptionKey = keyof typeof optionRecords;

/** All options, as a list. */
export const optionList: readonly (readonly [key: OptionKey, record: OptionRecord])[] = Object.entries(
  optionRecords,
) as readonly [OptionKey, OptionRecord][];
