import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { HostRoute, Link, LinkAddress } from '#kernel/links.ts';
import type { NetworkPlanStep } from '#spec/network-plan.ts';

interface Answer {
  id: number;
  value?: unknown;
  error?: string;
}

/** A process in a network namespace of its own, as a container's would be, that does what it is asked there. */
export class Peer implements AsyncDisposable {
  readonly #child: ChildProcess;
  #last = 0;

  private constructor(child: ChildProcess) {
    this.#child = child;
  }

  static async start(): Promise<Peer> {
    const child = spawn('unshare', ['--net', process.execPath, join(import.meta.dirname, 'peer-process.ts')], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    await once(child, 'message');
    return new Peer(child);
  }

  get namespace(): string {
    return `/proc/${this.#child.pid}/ns/net`;
  }

  async #ask<T>(operation: string, ...args: unknown[]): Promise<T> {
    const id = ++this.#last;
    this.#child.send({ id, operation, args });
    for (;;) {
      const [answer] = (await once(this.#child, 'message')) as [Answer];
      if (answer.id !== id) continue;
      if (answer.error !== undefined) throw new Error(answer.error);
      return answer.value as T;
    }
  }

  /** Sends the steps' requests one by one, fd 100 being the namespace at `other`. */
  send(steps: readonly NetworkPlanStep[], other: string): Promise<void> {
    const messages = steps.flatMap((step) => step.messages.map((message) => Buffer.from(message).toString('base64')));
    return this.#ask('sendPlan', messages, other);
  }

  listen(port: number): Promise<void> {
    return this.#ask('listen', port);
  }

  /** The source address that the server saw, or an error code. */
  connect(host: string, port: number): Promise<string> {
    return this.#ask('connect', host, port);
  }

  look(): Promise<{ links: Link[]; addresses: LinkAddress[]; routes: HostRoute[] }> {
    return this.#ask('look');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const gone = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await gone;
  }
}
