import { quote } from "../../log/escape.ts";
import type { Protocol } from "../../options/check_words.ts";
import { CheckFailed } from "../verdict.ts";
import { expectStart, takeBytes, takeLine, unexpected } from "./dialogue.ts";
import type { Wire } from "./wire.ts";

/**
 * Checks by protocol. Each says goodbye where the protocol has a word for it, and none leaves a half-open login behind
 * that a back end would hold against this machine. @throws {CheckFailed}
 */
export const protocols: Readonly<Record<Protocol, (wire: Wire) => Promise<void>>> = {
  smtp,
  imap: (wire) => lines(wire, ["* OK", "* PREAUTH"], "a LOGOUT", "* BYE"),
  pop3: (wire) => lines(wire, ["+OK"], "QUIT", "+OK"),
  redis,
  mysql,
  postgres,
  // The goodbye is the end of the connection: SSH has no word before the key exchange.
  ssh: async (wire) => void await expectStart(wire, ["SSH-2.0-", "SSH-1.99-"]),
};

async function lines(wire: Wire, greetings: readonly string[], goodbye: string, parting: string): Promise<void> {
  await expectStart(wire, greetings);
  await takeLine(wire);
  wire.send(`${goodbye}\r\n`);
  await expectStart(wire, [parting]);
}

/** RFC 5321, 4.2: a reply may have several lines, all but the last with a hyphen. Nothing is sent before it is complete. */
async function smtp(wire: Wire): Promise<void> {
  await reply(wire, "220");
  wire.send("QUIT\r\n");
  await reply(wire, "221");
}

async function reply(wire: Wire, code: string): Promise<void> {
  do await expectStart(wire, [code]); while ((await takeLine(wire)).startsWith("-"));
}

/** A server that asks for a password answers as well. One that still loads its data does not count as alive. */
async function redis(wire: Wire): Promise<void> {
  wire.send("PING\r\n");
  await expectStart(wire, ["+PONG", "-NOAUTH"]);
  await takeLine(wire);
  wire.send("QUIT\r\n");
}

/** Capabilities of a client: long password, protocol 4.1, secure connection, plugin authentication. */
const MYSQL_CAPABILITIES = 0x0001 | 0x0200 | 0x8000 | 0x0008_0000;

/**
 * Logs in without a password as the user `balance`, who need not exist: a refused login is an answer. A connection that
 * ends before the login would count towards `max_connect_errors`, after which the server blocks this machine.
 */
async function mysql(wire: Wire): Promise<void> {
  const greeting = await mysqlPacket(wire);
  if (greeting.startsWith("\xff")) throw new CheckFailed("L7RSP", mysqlError(greeting));
  if (!greeting.startsWith("\x0a")) throw unexpected(greeting, "a greeting of MySQL");
  const head = int32(MYSQL_CAPABILITIES) + int32(0xffffff) + "\x21" + "\0".repeat(23);
  wire.send(mysqlFrame(1, `${head}balance\0\0mysql_native_password\0`));
  let answer = await mysqlPacket(wire);
  // It wants another way to log in, and gets an empty password there as well.
  if (answer.startsWith("\xfe")) {
    wire.send(mysqlFrame(3, ""));
    answer = await mysqlPacket(wire);
  }
  // 1040: too many connections, 1053: it is being shut down, 1129: it has blocked this machine.
  if (/^\xff(?:\x10\x04|\x1d\x04|\x69\x04)/.test(answer)) throw new CheckFailed("L7RSP", mysqlError(answer));
  if (!/^[\x00\x01\xfe\xff]/.test(answer)) throw unexpected(answer, "an answer to a login");
  // Logged in: a goodbye (COM_QUIT).
  if (answer.startsWith("\0")) wire.send(mysqlFrame(0, "\x01"));
}

async function mysqlPacket(wire: Wire): Promise<string> {
  const head = await takeBytes(wire, 4),
    length = bytesOf(head).slice(0, 3).reduceRight((sum, byte) => sum * 256 + byte, 0);
  // A greeting has less than 200 bytes, so this is something else.
  if (length === 0 || length > 8192) throw unexpected(head, "a packet of MySQL");
  return await takeBytes(wire, length);
}

function mysqlFrame(sequence: number, payload: string): string {
  return int32(payload.length).slice(0, 3) + String.fromCharCode(sequence) + payload;
}

function mysqlError(packet: string): string {
  return `it says ${quote(packet.slice(3).replace(/^#...../, ""))}`;
}

/** SQLSTATE of a server that serves nobody now: starting up or shutting down, or without a free connection. */
const POSTGRES_BUSY = ["57P03", "57P01", "57P02", "53300"];

/**
 * Asks for a login as `postgres`; whatever answers that is alive, even if it refuses. Servers log a refused login, but
 * not a client that leaves when it is asked for a password.
 */
async function postgres(wire: Wire): Promise<void> {
  const body = "\0\x03\0\0user\0postgres\0database\0postgres\0application_name\0balance\0\0";
  wire.send(bigInt32(body.length + 4) + body);
  const type = await expectStart(wire, ["R", "E", "v"]), length = bigNumber(await takeBytes(wire, 4)) - 4;
  if (length < 0 || length > 8192) throw new CheckFailed("L7RSP", "its answer is not that of PostgreSQL");
  const answer = await takeBytes(wire, length);
  // Logged in: a goodbye. To one that waits for a password, it would be an error worth a line in its log.
  if (type === "R" && answer === "\0\0\0\0") wire.send("X" + bigInt32(4));
  if (type !== "E") return;
  const fields = new Map(answer.split("\0").map((field) => [field[0], field.slice(1)]));
  if (POSTGRES_BUSY.includes(fields.get("C") ?? "")) {
    throw new CheckFailed("L7RSP", `it says ${quote(fields.get("M") ?? "")}`);
  }
}

function int32(value: number): string {
  return String.fromCharCode(value & 255, (value >> 8) & 255, (value >> 16) & 255, (value >>> 24) & 255);
}

function bigInt32(value: number): string {
  return [...int32(value)].reverse().join("");
}

function bigNumber(bytes: string): number {
  return bytesOf(bytes).reduce((sum, byte) => sum * 256 + byte, 0);
}

function bytesOf(text: string): number[] {
  return Array.from(text, (character) => character.charCodeAt(0));
}
