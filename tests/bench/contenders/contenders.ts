import { type Contender, DIRECT, type Engine } from "../contender.ts";
import { haproxy } from "./haproxy.ts";
import { nginx } from "./nginx.ts";
import { pen } from "./pen.ts";
import { earlier, present, thisProgram } from "./this_program.ts";

/**
 * All contenders, in the order of the tables: with one thread, and if `threads` is more, once again with that many for
 * those that can use them.
 *
 * @param before a checkout of an earlier version of this program, to compare that as well
 */
export async function contenders(engines: readonly Engine[], threads: number, before?: string): Promise<Contender[]> {
  const versions = [await present(), ...before === undefined ? [] : [await earlier(before)]];
  const of = (number: number) => [
    ...versions.flatMap((version) =>
      engines.filter((engine) => number === 1 || engine !== "portable").map((e) => thisProgram(e, number, version))
    ),
    haproxy(number, "haproxy"),
    haproxy(number, "haproxy auto"),
    haproxy(number, "haproxy splice"),
    nginx(number),
  ];
  return [...of(1), pen(), ...(threads > 1 ? of(threads) : []), DIRECT];
}
