import { BerthError } from '#base/errors.ts';
import { check } from './errno.ts';
import { native } from './native.ts';

const LOCK_EX = 2;
const LOCK_NB = 4;

/** Takes the exclusive flock(2) of an open file; false when somebody else has it. Closing the descriptor gives it back. */
export function tryFlock(fd: number): boolean {
  try {
    check(native().flock(fd, LOCK_EX | LOCK_NB), 'locking a file');
    return true;
  } catch (error) {
    if (error instanceof BerthError && error.data['errno'] === 'EAGAIN') return false;
    throw error;
  }
}
