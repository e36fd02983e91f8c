/** 4, 6 or 0: what kind of IP address a text is. (Loads node:net only when called.) */
export function isIP(text: string): number {
  return process.getBuiltinModule('node:net').isIP(text);
}
