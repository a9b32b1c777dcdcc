import type { DescribedService } from "../records/describe.ts";
import type { DescribableConnection } from "../records/describe_open.ts";
import { Slices } from "../../state/slices.ts";

/** A service whose connections are asked for. */
export interface ListedService extends DescribedService {
  /** How many connections it has. */
  readonly connections: number;
  /** Its connections at this moment. */
  open(): Iterable<DescribableConnection>;
  /** The engine's clock, in milliseconds. */
  now(): number;
}

/**
 * Calls back for each open connection, with pauses in which others have their turn.
 *
 * @param over fires when nobody wants to know any more; then not all are met
 */
export async function eachConnection(
  service: ListedService,
  over: AbortSignal | undefined,
  act: (connection: DescribableConnection) => void,
): Promise<void> {
  const slices = new Slices();
  for (const connection of service.open()) {
    act(connection);
    if (!slices.full) continue;
    await slices.pause();
    if (over?.aborted) return;
  }
}
