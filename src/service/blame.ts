import type { ServicePart } from "../options/service_places.ts";
import type { ServiceRequest } from "./drafts/service_request.ts";

/** What an error of starting services is about. Errors keep their class, so that programs recognise them. */
export interface Blame {
  readonly request: ServiceRequest;
  /** The part of the request; undefined where the error itself says it, or it is about the ports. */
  readonly part?: ServicePart;
  /** Where it could not listen. */
  readonly place?: { readonly hostname: string; readonly port: number };
}

const blames = new WeakMap<object, Blame>();

/** Notes what an error is about, unless that is known already. @returns the error */
export function blaming(error: unknown, blame: Blame): unknown {
  if (typeof error === "object" && error !== null && !blames.has(error)) blames.set(error, blame);
  return error;
}

/** What an error is about, if it is about one service. */
export function blameOf(error: unknown): Blame | undefined {
  return typeof error === "object" && error !== null ? blames.get(error) : undefined;
}
