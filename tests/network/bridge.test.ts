import { join } from 'node:path';
import { test } from 'node:test';
import { runScenario } from './namespace.ts';

test('the default bridge on a real kernel', () => runScenario(join(import.meta.dirname, 'bridge.scenario.ts')));
