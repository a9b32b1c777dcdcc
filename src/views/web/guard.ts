import { type HttpAnswer, type HttpRequest, textAnswer } from "../http/route.ts";
import type { Token } from "./token.ts";

/** Milliseconds. */
const PENALTY = 500;

/** The tokens that the page takes. */
export interface Tokens {
  /** Opens what there is to see; without it, the other one does where a token is needed. */
  readonly read?: Token | undefined;
  /** Opens changes, and what there is to see. Without it, nothing can be changed. */
  readonly admin?: Token | undefined;
}

/** What somebody wants. */
export type Wanted = "see" | "change";

/**
 * Decides whether a request for data or a change is answered. Cookies play no part: a browser sends a token only where
 * the page itself does, so that no other site can make it speak for its user.
 */
export class Guard {
  readonly #tokens: Tokens;
  readonly #wrong: (client: string) => void;
  readonly #penalty: number;

  /** @param wrong told of each wrong token @param penalty milliseconds that one costs whoever gives it */
  constructor(tokens: Tokens, wrong: (client: string) => void, penalty = PENALTY) {
    this.#tokens = tokens;
    this.#wrong = wrong;
    this.#penalty = penalty;
  }

  /** Whether anything can be changed by whoever has the token for it. */
  get changes(): boolean {
    return this.#tokens.admin !== undefined;
  }

  /** @returns the answer to a request that is refused; undefined if all is well */
  async refuse(request: HttpRequest, wanted: Wanted): Promise<HttpAnswer | undefined> {
    const foreign = foreignSite(request);
    if (foreign !== undefined) return textAnswer(403, foreign);
    const { read, admin } = this.#tokens;
    if (wanted === "change" && admin === undefined) {
      return textAnswer(404, "nothing can be changed here: the program runs without --web-admin");
    }
    // Loopback is as open as the machine is, unless a token is asked for.
    if (wanted === "see" && request.loopback && read === undefined) return undefined;
    const given = /^Bearer +(\S+)$/i.exec(request.headers.get("authorization") ?? "")?.[1];
    const taken = wanted === "change" ? [admin] : [read, admin];
    // All are compared, so that the time tells nothing.
    const right = given !== undefined && taken.map((token) => token?.is(given) === true).includes(true);
    if (right) return undefined;
    if (given !== undefined) {
      this.#wrong(request.client);
      await new Promise((resolve) => setTimeout(resolve, this.#penalty));
    }
    const why = given === undefined ? "a token is needed" : "this is not the token";
    return { ...textAnswer(401, why), headers: { "www-authenticate": "Bearer", ...textAnswer(401, why).headers } };
  }
}

/** Why a request that a browser sends for another site is refused; undefined for any other. */
export function foreignSite({ headers }: Pick<HttpRequest, "headers">): string | undefined {
  const origin = headers.get("origin"), site = headers.get("sec-fetch-site"), host = headers.get("host");
  if (origin !== undefined && origin !== `http://${host}` && origin !== `https://${host}`) {
    return "this comes from another site (Origin)";
  }
  if (site !== undefined && site !== "same-origin" && site !== "none") {
    return "this comes from another site (Sec-Fetch-Site)";
  }
  return undefined;
}
