/** One command line that both clients must treat alike. */

export interface Case {
  readonly argv: readonly string[];
  readonly stdin?: string;
  /** The requests are not compared: ours needs fewer. */
  readonly looseRequests?: boolean;
}

// A template is one word of the lines below: its blanks are written as underscores.
const words = (line: string): Case => ({ argv: line.split(' ').map((word) => (/\{\{|^c_1/.test(word) ? word.replaceAll('_', ' ') : word)) });
export const list = (text: string): Case[] => text.trim().split('\n').map((line) => words(line.trim()));
