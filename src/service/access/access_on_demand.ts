import type { Networks } from "../../access/networks.ts";
import type { ServiceOptions } from "../../options/values.ts";
import type { Draft } from "../drafts/draft.ts";
import type { DraftedAccess } from "./drafted_access.ts";
import type { BalancerEvent } from "../events.ts";
import type { NetworkFiles } from "./network_files.ts";
import type { RunningService } from "../running_service.ts";
import type { ServiceAccess } from "./service_access.ts";
import type { ServiceRequest } from "../drafts/service_request.ts";

/** Whom changed files change. */
export interface AccessHost {
  readonly services: () => readonly RunningService[];
  readonly emit: (event: BalancerEvent) => void;
  /** Connections that all clients of the process together can have, about. */
  readonly mostConnections: () => number;
  /** Whether services must be left alone at the moment; `look` is called afterwards. */
  readonly busy: () => boolean;
}

/** Who may come in to services and their groups, and what files say about it; nothing of it is loaded before a service asks for it. */
export class AccessOnDemand {
  readonly #host: AccessHost;
  #loading: Promise<Loaded> | undefined;
  #loaded: Loaded | undefined;
  #looking: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(host: AccessHost) {
    this.#host = host;
  }

  /**
   * What a service says about it; undefined if that is nothing.
   *
   * @throws {NetworkFileProblem} when a file cannot be read, or a line of it is no network
   */
  async draft(request: ServiceRequest, options: ServiceOptions): Promise<DraftedAccess | undefined> {
    // Clients whom no group takes are counted as well.
    if (!asksForAccess(options) && request.groups.every(({ conditions }) => conditions === undefined)) return undefined;
    const { draftAccess, files } = await this.#load();
    return await draftAccess(request, options, files, this.#host.mostConnections());
  }

  /**
   * The addresses that a word stands for, `10.0.0.0/8,@FILE`; the same object until that changes.
   *
   * @throws {NetworkFileProblem} when a file cannot be read, or a line of it is no network
   */
  async networks(text: string): Promise<Networks> {
    return await (await this.#load()).files.networks(text);
  }

  /**
   * A service has taken over groups with conditions that its description does not have: its threads are told of them.
   * Nobody meets those whose networks cannot be read. Never rejects.
   */
  async takeOverConditions(service: RunningService): Promise<void> {
    const { groups: { conditions, table } } = service, networks = new Map<string, Networks>();
    for (const words of conditions.unknownWords) {
      try {
        networks.set(words, await this.networks(words));
      } catch {
        // It stays unknown; whoever wants it describes it again.
      }
    }
    conditions.learn(networks);
    await service.giveAccess();
    table.queue?.reconsider();
    this.look();
  }

  /** Reads what has changed since, so that drafts that follow are up to date. */
  async refresh(): Promise<void> {
    await this.#loaded?.files.refresh();
  }

  /** The services have changed, or may be changed again. Brings them into step with their files. */
  look(): void {
    const loaded = this.#loaded;
    if (loaded === undefined || this.#stopped) return;
    loaded.files.follow(
      this.#host.services().flatMap(({ draft, groups }) => [
        ...loaded.placedNetworks(draft.options).map(([words]) => words),
        ...groups.conditions.words,
      ]),
    );
    this.#looking = this.#looking.then(() => this.#bringIntoStep(loaded));
  }

  /** Ends it. Resolves when nothing of it runs any more. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#loaded?.files.stop();
    await this.#looking;
  }

  async #bringIntoStep({ draftAccess, sameAccess, files }: Loaded): Promise<void> {
    for (const service of this.#host.services()) {
      const { draft, groups: { conditions, table } } = service, { words } = conditions;
      if (draft.access === undefined && words.length === 0) continue;
      try {
        const access = draft.access &&
          await draftAccess(draft.request, draft.options, files, this.#host.mostConnections());
        const networks = new Map<string, Networks>();
        for (const word of words) networks.set(word, await files.networks(word));
        // All are looked at again when the reload is over that has come in between.
        if (this.#stopped || this.#host.busy()) return;
        if (service.stopped || service.draft.options !== draft.options) continue;
        const others = conditions.learn(networks);
        if (others || !sameAccess(draft.access, access)) await service.giveAccess({ ...service.draft, access });
        // Groups are for other clients now, who may be waiting for a place.
        if (others) table.queue?.reconsider();
      } catch {
        // It has just come, with a file that cannot be read any more.
      }
    }
  }

  #load(): Promise<Loaded> {
    return this.#loading ??= this.#loadNow();
  }

  async #loadNow(): Promise<Loaded> {
    const [{ NetworkFiles }, drafted] = await Promise.all([
      import("./network_files.ts"),
      import("./drafted_access.ts"),
    ]);
    const { emit } = this.#host,
      files = new NetworkFiles({
        changed: () => this.look(),
        read: (file, ranges) => emit({ type: "networks-read", file, ranges }),
        stale: (file, reason) => emit({ type: "networks-stale", file, reason }),
      });
    return this.#loaded = { ...drafted, files };
  }
}

type Loaded = typeof import("./drafted_access.ts") & { readonly files: NetworkFiles };

/**
 * What a service knows about who may come in: what it knew before, if that was anything.
 *
 * @param lanes threads that serve it
 * @returns undefined for a service that takes everybody
 */
export async function accessOf(
  { access }: Pick<Draft, "access">,
  lanes: number,
  before?: ServiceAccess,
): Promise<ServiceAccess | undefined> {
  if (before !== undefined || access === undefined) return before;
  return new (await import("./service_access.ts")).ServiceAccess(lanes);
}

/** Whether a service does not just take everybody. */
function asksForAccess(options: ServiceOptions): boolean {
  const { accessRules, allowPeer, acceptProxy, maxPerClient, ratePerClient, rate } = options;
  if ([maxPerClient, ratePerClient, rate].some((limit) => limit !== undefined)) return true;
  return [accessRules, allowPeer, acceptProxy].some((list) => list !== undefined && list.length > 0);
}
