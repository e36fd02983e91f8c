import { randomBytes } from 'node:crypto';
import { fail } from '#base/errors.ts';
import { adjectives, surnames } from './name-words.ts';

const NAME = /^\/?[a-zA-Z0-9][a-zA-Z0-9_.-]+$/;

/** Checks a container name and takes the leading slash off. Throws invalidArgument with Docker's text. */
export function parseContainerName(text: string): string {
  if (!NAME.test(text)) fail('invalidArgument', `Invalid container name (${text}), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed`);
  return text.startsWith('/') ? text.slice(1) : text;
}

/** A free name of the form adjective_surname; after some tries with a digit behind it, as Docker does. */
export function randomName(taken: (name: string) => boolean): string {
  for (let attempt = 0; ; attempt++) {
    const random = randomBytes(6);
    const adjective = adjectives[random.readUInt16LE(0) % adjectives.length] ?? 'calm';
    const surname = surnames[random.readUInt16LE(2) % surnames.length] ?? 'noether';
    const name = `${adjective}_${surname}${attempt < 6 ? '' : String(random.readUInt16LE(4) % 10 ** Math.min(attempt - 5, 4))}`;
    if (!taken(name)) return name;
  }
}
