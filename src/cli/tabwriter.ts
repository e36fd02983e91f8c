import { displayWidth } from './go-text.ts';

/**
 * Go's text/tabwriter with blanks for padding: a column is a run of consecutive lines that have a tab behind their cell there,
 * and as wide as its widest cell plus `padding`, at least `minimum`. What follows the last tab of a line is not padded.
 */
export function align(text: string, minimum = 10, padding = 3): string {
  const lines = text.split('\n').map((line) => line.split('\t'));
  const widths: number[][] = lines.map(() => []);
  measure(lines, widths, 0, lines.length, 0, minimum, padding);
  return lines.map((cells, row) => cells.map((cell, column) => {
    if (column === cells.length - 1) return cell;
    return cell + ' '.repeat(Math.max(0, ((widths[row] as number[])[column] as number) - displayWidth(cell)));
  }).join('')).join('\n');
}

function measure(lines: readonly string[][], widths: number[][], from: number, to: number, column: number, minimum: number, padding: number): void {
  for (let row = from; row < to; row++) {
    if (column >= (lines[row] as string[]).length - 1) continue;
    let end = row;
    let width = minimum;
    for (; end < to && column < (lines[end] as string[]).length - 1; end++) {
      const cell = (lines[end] as string[])[column] as string;
      width = Math.max(width, displayWidth(cell) + padding);
    }
    for (let inside = row; inside < end; inside++) (widths[inside] as number[])[column] = width;
    measure(lines, widths, row, end, column + 1, minimum, padding);
    row = end - 1;
  }
}
