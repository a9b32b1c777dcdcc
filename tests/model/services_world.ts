import fc from "fast-check";
import type { Client } from "../support/client.ts";
import type { ServicesModel } from "./services_model.ts";
import type { FileDraft } from "./services_file.ts";
import type { ServicesSubject } from "./services_subject.ts";

/** Everything that the steps change. */
export interface ServicesWorld {
  readonly model: ServicesModel;
  readonly subject: ServicesSubject;
  readonly draft: FileDraft;
  /** A client in the queue of a service that is full. There is one at most, so that it is clear who is next. */
  waiting: { readonly client: Client; readonly port: number } | undefined;
}

/** What can happen. The numbers choose among what there is; a step that finds nothing does nothing. */
export interface ServicesStep {
  readonly name: string;
  run(world: ServicesWorld): Promise<void> | void;
}

/** A step that fast-check shows by its name. */
export function step(name: string, run: ServicesStep["run"]): ServicesStep {
  return Object.assign({ name, run }, { [fc.toStringMethod]: () => name });
}
