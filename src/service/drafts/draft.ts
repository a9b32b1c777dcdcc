import type { Networks } from "../../access/networks.ts";
import type { ServiceSettings } from "../../engine/engine.ts";
import type { GroupSpec } from "../../groups/group_spec.ts";
import type { ServiceOptions, ServiceValues } from "../../options/values.ts";
import type { DraftedAccess } from "../access/drafted_access.ts";
import type { Listening } from "./loops.ts";
import type { ServiceRequest } from "./service_request.ts";

/** A service with everything that can be known before an engine serves it. */
export interface Draft {
  readonly request: ServiceRequest;
  /** The values that hold: those that were asked for, except where a change takes a restart. */
  readonly values: ServiceValues;
  readonly options: ServiceOptions;
  /** What the engine gets of them. */
  readonly settings: ServiceSettings;
  /** Who may come in, with what files say about it. Undefined if everybody may. */
  readonly access?: DraftedAccess;
  /** Networks that conditions of groups name, by their words. Undefined if there are none. */
  readonly networks?: ReadonlyMap<string, Networks>;
  /** Where to listen, with numeric addresses. */
  readonly places: readonly Listening[];
  /** Its groups, with addresses. */
  readonly groups: readonly GroupSpec[];
  /**
   * Addresses of the words' hosts that are not followed, by group and channel of the words. Undefined if no name is
   * followed: each word then stands for the channel of its number.
   */
  readonly addresses?: readonly (readonly (string | undefined)[])[];
}
