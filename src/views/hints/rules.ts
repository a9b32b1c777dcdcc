import { lostSyn } from "./lost_syn.ts";
import { noAnswer } from "./no_answer.ts";
import { noProxyHeader } from "./no_proxy_header.ts";
import { oneAddress } from "./one_address.ts";
import type { Rule } from "./figures.ts";
import { shortIdleTimeout } from "./short_idle_timeout.ts";
import { silentChannel } from "./silent_channel.ts";

/** What is looked for. Each proves its finding by numbers, and says so, since it asks an operator to do something. */
export const rules: readonly Rule[] = [silentChannel, noAnswer, lostSyn, shortIdleTimeout, noProxyHeader, oneAddress];
