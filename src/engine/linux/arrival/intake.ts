/** What a thread needs only for services that `usesIntake` names, and does not load before. */
export { AcceptRate } from "../../../table/clients/accept_rate.ts";
export { receptionTerms } from "../../reception_terms.ts";
export { Greetings } from "./greetings.ts";
export { Partings } from "./partings.ts";
