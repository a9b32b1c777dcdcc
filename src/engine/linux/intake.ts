/** What a thread needs only for services that ask something of their clients, and does not load before. */
export { receptionTerms } from "../reception_terms.ts";
export { Greetings } from "./greetings.ts";
export { Partings } from "./partings.ts";
