/** Sizes and ages as Docker's client reads and prints them (go-units). */

const binaryUnits = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB', 'ZiB', 'YiB'];
const decimalUnits = ['B', 'kB', 'MB', 'GB', 'TB', 'PB', 'EB', 'ZB', 'YB'];

/** A size in powers of 1000 with `digits` significant digits: 1234567 → "1.23MB" with 3, the usual 4 gives "1.235MB". */
export function humanSize(bytes: number, digits = 4): string {
  return scaled(bytes, 1000, decimalUnits, digits);
}

/** A size in powers of 1024: 67108864 → "64MiB". */
export function bytesSize(bytes: number): string {
  return scaled(bytes, 1024, binaryUnits, 4);
}

function scaled(bytes: number, base: number, units: readonly string[], digits: number): string {
  let size = bytes;
  let unit = 0;
  while (size >= base && unit < units.length - 1) {
    size /= base;
    unit++;
  }
  return significant(size, digits) + units[unit];
}

/** C's %.<digits>g. */
export function significant(value: number, digits: number): string {
  if (value === 0) return '0';
  const exponent = Number(value.toExponential(digits - 1).split('e')[1]);
  if (exponent < -4 || exponent >= digits) {
    const [mantissa, power] = value.toExponential(digits - 1).split('e') as [string, string];
    const short = mantissa.includes('.') ? mantissa.replace(/\.?0+$/, '') : mantissa;
    return `${short}e${power.startsWith('-') ? '-' : '+'}${power.slice(1).padStart(2, '0')}`;
  }
  const text = value.toFixed(Math.max(0, digits - 1 - exponent));
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text;
}

const powers: Readonly<Record<string, number>> = { '': 0, b: 0, k: 1, m: 2, g: 3, t: 4, p: 5 };

/** go-units' RAMInBytes: "32", "32k", "1.5GiB" in powers of 1024. Throws with its texts. */
export function ramInBytes(text: string): number {
  const at = lastDigit(text);
  if (at < 0) throw new Error(`invalid size: '${text}'`);
  const [number, suffix] = text[at + 1] === ' ' ? [text.slice(0, at + 1), text.slice(at + 2)] : [text.slice(0, at + 1), text.slice(at + 1)];
  if (!/^[+]?(\d+\.?\d*|\.\d+)$/.test(number)) {
    if (/^-(\d+\.?\d*|\.\d+)$/.test(number)) throw new Error(`invalid size: '${text}'`);
    throw new Error(`strconv.ParseFloat: parsing "${number}": invalid syntax`);
  }
  const unit = /^(b|([kmgtp])(i?b)?)?$/.exec(suffix.toLowerCase());
  if (unit === null) throw new Error(`invalid suffix: '${suffix}'`);
  return Math.trunc(Number(number) * 1024 ** (powers[unit[2] ?? ''] ?? 0));
}

function lastDigit(text: string): number {
  for (let at = text.length - 1; at >= 0; at--) if (/[0-9.]/.test(text[at] as string)) return at;
  return -1;
}

/** An age in words, from seconds: "Less than a second", "About a minute", "3 weeks". */
export function humanDuration(seconds: number): string {
  const whole = Math.trunc(seconds);
  if (whole < 1) return 'Less than a second';
  if (whole === 1) return '1 second';
  if (whole < 60) return `${whole} seconds`;
  const minutes = Math.trunc(seconds / 60);
  if (minutes === 1) return 'About a minute';
  if (minutes < 60) return `${minutes} minutes`;
  const hours = Math.floor(seconds / 3600 + 0.5);
  if (hours === 1) return 'About an hour';
  if (hours < 48) return `${hours} hours`;
  if (hours < 24 * 7 * 2) return `${Math.trunc(hours / 24)} days`;
  if (hours < 24 * 30 * 2) return `${Math.trunc(hours / 24 / 7)} weeks`;
  if (hours < 24 * 365 * 2) return `${Math.trunc(hours / 24 / 30)} months`;
  return `${Math.trunc(seconds / 3600 / 24 / 365)} years`;
}
