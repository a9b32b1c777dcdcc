import { type Contender, DIRECT, type Engine } from "../contender.ts";
import { haproxy } from "./haproxy.ts";
import { nginx } from "./nginx.ts";
import { pen } from "./pen.ts";
import { helpText, thisProgram } from "./this_program.ts";

/**
 * Everything there is to compare, in the order of the tables: with one thread, and where `threads` is more, those that can
 * use them with so many again.
 */
export async function contenders(engines: readonly Engine[], threads: number): Promise<Contender[]> {
  const help = await helpText();
  const of = (number: number) => [
    ...engines.filter((engine) => number === 1 || engine !== "portable").map((e) => thisProgram(e, number, help)),
    haproxy(number, "haproxy"),
    haproxy(number, "haproxy auto"),
    haproxy(number, "haproxy splice"),
    nginx(number),
  ];
  return [...of(1), pen(), ...(threads > 1 ? of(threads) : []), DIRECT];
}
