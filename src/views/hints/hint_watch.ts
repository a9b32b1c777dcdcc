import type { Statistics } from "../../table/statistics/statistics.ts";
import type { Finding, Rule, ServiceFigures, Verdict } from "./figures.ts";
import { rules } from "./rules.ts";
import { Tally, type WatchedService } from "./tally.ts";

/** Milliseconds after which the stretch that is looked at gets a later beginning; it is once or twice as long. */
const STRETCH = 30_000;

/** Milliseconds in which a rule says something about the same thing at most once. */
const PAUSE = 10 * 60_000;

/** What an operator may want to know about a service. */
export interface Hint extends Finding {
  /** Name of the service. */
  readonly service: string;
  /** What it is about, in a word. */
  readonly kind: string;
}

/** What is known of a service: two moments to compare with, and how many connections had ended at the last look. */
interface Watched {
  older: Tally;
  newer: Tally;
  ended: number;
}

/** What a rule has found about one thing. */
interface Found {
  /** Whether it is so at present. */
  on: boolean;
  /** When it was said. */
  readonly at: number;
}

/** Looks at the statistics of services from time to time, and finds what an operator can do something about. */
export class HintWatch {
  readonly #rules: readonly Rule[];
  readonly #watched = new Map<string, Watched>();
  readonly #found = new Map<string, Found>();

  /** When it looked last, or began. */
  #lookedAt: number;

  /** @param now when the services began to serve, in milliseconds */
  constructor(now: number, list: readonly Rule[] = rules) {
    this.#lookedAt = now;
    this.#rules = list;
  }

  /** What is new. @param now milliseconds */
  look(services: readonly WatchedService[], now: number): Hint[] {
    const names = new Set(services.map(({ name }) => name));
    for (const name of this.#watched.keys()) if (!names.has(name)) this.#watched.delete(name);
    for (const [key, { at, on }] of this.#found) if (!on && now - at >= PAUSE) this.#found.delete(key);
    const hints = services.flatMap((service) => {
      const { statistics } = service.groups.table;
      if (statistics === undefined) return [];
      const figures = this.#figures(service, statistics, now);
      return figures === undefined ? [] : this.#hints(service.name, figures, now);
    });
    this.#lookedAt = now;
    return hints;
  }

  /** What has happened to a service lately; undefined if that is nothing, or cannot be told. */
  #figures(service: WatchedService, statistics: Statistics, now: number): ServiceFigures | undefined {
    const tally = Tally.take(service, statistics, now), { ended } = tally;
    let watched = this.#watched.get(service.name);
    if (watched === undefined || ended < watched.ended) {
      const first = tally.inherited ? tally : Tally.nothing(service, statistics, this.#lookedAt);
      this.#watched.set(service.name, watched = { older: first, newer: first, ended: first.ended });
    }
    const quiet = ended === watched.ended, figures = quiet ? undefined : tally.since(watched.older);
    watched.ended = ended;
    if (now - watched.newer.at >= STRETCH) {
      watched.older = watched.newer;
      watched.newer = tally;
    }
    if (quiet || figures !== undefined) return figures;
    watched.older = watched.newer = tally;
    return undefined;
  }

  #hints(service: string, figures: ServiceFigures, now: number): Hint[] {
    return this.#rules.flatMap((rule) =>
      verdicts(rule, figures).flatMap(([thing, verdict]) => {
        const key = `${rule.kind} ${service} ${thing}`, found = this.#found.get(key);
        if (verdict === "no" && found !== undefined) found.on = false;
        if (verdict === undefined || verdict === "no") return [];
        if (found !== undefined && (found.on || now - found.at < PAUSE)) return [];
        this.#found.set(key, { on: true, at: now });
        return [{ service, kind: rule.kind, ...verdict }];
      })
    );
  }
}

/** What a rule says about each thing that it looks at. */
function verdicts(rule: Rule, figures: ServiceFigures): [thing: string, Verdict][] {
  switch (rule.about) {
    case "service":
      return [["", rule.look(figures)]];
    case "group":
      return figures.groups.map((group) => [String(group.group), rule.look(group, figures)]);
    case "channel":
      return figures.groups.flatMap(({ group, channels }) =>
        channels.map((channel) => [`${group} ${channel.address}`, rule.look(channel, figures)] as [string, Verdict])
      );
  }
}
