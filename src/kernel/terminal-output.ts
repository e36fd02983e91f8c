import { spawnSync } from 'node:child_process';

/**
 * Turns off output processing of the terminal on standard input: what a container's own terminal sends must not be changed again.
 * (Node's raw mode leaves ONLCR on, so that a bare line feed of a full-screen program would also return the cursor.)
 * Whoever restores the terminal's earlier mode undoes it. Without `stty` nothing happens.
 */
export function plainTerminalOutput(): void {
  spawnSync('stty', ['-opost'], { stdio: ['inherit', 'ignore', 'ignore'] });
}
