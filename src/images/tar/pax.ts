import { malformed } from './format.ts';
import type { ByteString, TarTime } from './format.ts';

/** One record of a pax extended header. The value is bytes: extended attributes are binary. */
export interface PaxRecord {
  readonly key: ByteString;
  readonly value: Buffer;
}

/**
 * Splits an extended header into its records, `LENGTH KEY=VALUE\n` each. POSIX.1-2017, pax, "Extended Header".
 * Throws invalidArgument for anything that is not exactly that.
 */
export function parsePax(bytes: Buffer): PaxRecord[] {
  const records: PaxRecord[] = [];
  let offset = 0;
  while (offset < bytes.length) {
    const space = bytes.indexOf(0x20, offset);
    if (space < 0 || space === offset || space - offset > 7) malformed('an extended header record has no length');
    const digits = bytes.toString('latin1', offset, space);
    const length = Number(digits);
    const end = offset + length;
    if (!/^[0-9]+$/.test(digits) || length <= space - offset + 2 || end > bytes.length || bytes[end - 1] !== 0x0a) {
      malformed('an extended header record has a wrong length');
    }
    const equals = bytes.indexOf(0x3d, space);
    if (equals <= space + 1 || equals >= end) malformed('an extended header record has no key');
    records.push({ key: bytes.toString('latin1', space + 1, equals), value: bytes.subarray(equals + 1, end - 1) });
    offset = end;
  }
  return records;
}

/** The bytes of an extended header with these records. */
export function formatPax(records: readonly PaxRecord[]): Buffer {
  return Buffer.concat(
    records.map(({ key, value }) => {
      const rest = key.length + value.length + 3;
      // The length counts its own digits.
      let length = rest + String(rest).length;
      if (rest + String(length).length !== length) length = rest + String(length).length;
      return Buffer.concat([Buffer.from(`${length} ${key}=`, 'latin1'), value, Buffer.from('\n')]);
    }),
  );
}

/** Reads a decimal number of an extended header. Throws invalidArgument. */
export function paxNumber(value: Buffer): number {
  const text = value.toString('latin1');
  const number = Number(text);
  if (!/^-?[0-9]{1,16}$/.test(text) || !Number.isSafeInteger(number)) malformed('an extended header number is out of range');
  return number;
}

/** Reads `SECONDS[.FRACTION]`, negative values included; digits after the ninth are dropped towards the past. */
export function paxTime(value: Buffer): TarTime {
  const match = /^(-?)([0-9]{1,15})(?:\.([0-9]{0,40}))?$/.exec(value.toString('latin1'));
  if (match === null) malformed('an extended header time is not a number');
  const [, sign = '', whole = '0', fraction = ''] = match;
  const seconds = Number(whole);
  const nanos = Number(fraction.slice(0, 9).padEnd(9, '0'));
  if (sign === '') return { seconds, nanos };
  return nanos === 0 ? { seconds: seconds === 0 ? 0 : -seconds, nanos: 0 } : { seconds: -seconds - 1, nanos: 1_000_000_000 - nanos };
}

/** The inverse of {@link paxTime}. */
export function formatPaxTime(time: TarTime): string {
  const negative = time.seconds < 0;
  const seconds = negative && time.nanos > 0 ? -time.seconds - 1 : Math.abs(time.seconds);
  const nanos = negative && time.nanos > 0 ? 1_000_000_000 - time.nanos : time.nanos;
  const fraction = nanos === 0 ? '' : `.${String(nanos).padStart(9, '0').replace(/0+$/, '')}`;
  return `${negative ? '-' : ''}${seconds}${fraction}`;
}
