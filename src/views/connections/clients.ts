import { formatHost } from "../../table/address.ts";
import type { ConnectedClientState } from "../../state/connected_client_state.ts";
import { eachConnection, type ListedService } from "./each_connection.ts";

/** What one client's connections come to. */
type Sum = { -readonly [Key in keyof ConnectedClientState]: ConnectedClientState[Key] };

/**
 * Adds up the open connections of a service by their clients' addresses; those with the most come first. It takes its
 * time, in which others have their turn.
 *
 * @param over fires when nobody wants to know any more; then the list is not complete
 */
export async function connectedClients(service: ListedService, over?: AbortSignal): Promise<ConnectedClientState[]> {
  const sums = new Map<string, Sum>(), now = service.now();
  await eachConnection(service, over, ({ client, accepted, up, down }) => {
    const address = formatHost(client.address), age = Math.max(0, Math.floor((now - accepted) / 1000));
    const sum = sums.get(address);
    if (sum === undefined) {
      return void sums.set(address, { address, connections: 1, oldest: age, sent: up, rcvd: down });
    }
    sum.connections++;
    sum.oldest = Math.max(sum.oldest, age);
    sum.sent += up;
    sum.rcvd += down;
  });
  return [...sums.values()].sort((one, other) => other.connections - one.connections || other.oldest - one.oldest);
}
