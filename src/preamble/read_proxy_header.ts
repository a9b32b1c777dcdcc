import { begins } from "./begins.ts";
import { BINARY_SIGNATURE, Malformed, type ProxyHeader, TEXT_SIGNATURE } from "./proxy_header.ts";
import { readBinaryHeader } from "./read_binary_header.ts";
import { readTextHeader } from "./read_text_header.ts";

const NEITHER = new Malformed("neither version 1 nor version 2");

/**
 * Reads the PROXY header, of either version, that a stream begins with (proxy-protocol.txt of HAProxy, section 2).
 *
 * @param bytes the stream from its start, as far as it has come
 * @returns the header; or how many bytes are needed at least to tell more, always more than there are; or what is wrong
 */
export function readProxyHeader(bytes: Uint8Array): ProxyHeader | number | Malformed {
  const binary = begins(bytes, BINARY_SIGNATURE);
  if (binary !== false) return binary === true ? readBinaryHeader(bytes) : binary;
  const text = begins(bytes, TEXT_SIGNATURE);
  return text === false ? NEITHER : text === true ? readTextHeader(bytes) : text;
}
