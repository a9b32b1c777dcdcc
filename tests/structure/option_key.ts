/** What an option is called in the program. */
export function optionKey(name: string): string {
  return {
    "client-keepalive": "clientKeepAlive",
    "channel-keepalive": "channelKeepAlive",
    "tcp-user-timeout": "userTimeout",
  }[name] ??
    name.replaceAll(/-(\w)/g, (_, letter) => letter.toUpperCase());
}
