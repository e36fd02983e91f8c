import type { Cli } from './cli.ts';
import { align } from './tabwriter.ts';

/** Lists of things: tables, JSON lines and templates, as `ps`, `images`, `network ls` and their like print them. */

export interface ListView<Row> {
  /** Columns of the default table: title and field. */
  readonly columns: readonly (readonly [title: string, field: string])[];
  /** Titles by field for `--format "table …"`. */
  readonly titles: Readonly<Record<string, string>>;
  /** As Go names the row in errors: "*formatter.ContainerContext". */
  readonly typeName: string;
  /** All fields that templates and JSON know. Functions are methods with arguments: left out of JSON. */
  readonly fields: Readonly<Record<string, (row: Row) => unknown>>;
  /** The field of `--quiet`. */
  readonly quiet: string;
  readonly methods?: readonly string[];
  /** What Docker says before a template's error, where that is not its usual text. */
  readonly templateError?: string;
}

export interface ListOptions {
  /** `--format`; empty for the default. */
  readonly format: string;
  readonly quiet: boolean;
}

/** Prints rows in the wanted format. Throws with Docker's texts for templates that are wrong. */
export async function printList<Row>(cli: Cli, view: ListView<Row>, rows: readonly Row[], options: ListOptions): Promise<void> {
  cli.out.text(await listText(view, rows, options));
}

/** What {@link printList} prints. */
export async function listText<Row>(view: ListView<Row>, rows: readonly Row[], options: ListOptions): Promise<string> {
  const format = options.format.trim();
  const isTable = format === '' || format === 'table';
  if (options.quiet && isTable) return rows.map((row) => `${String(view.fields[view.quiet]?.(row))}\n`).join('');
  if (isTable) {
    const head = view.columns.map(([title]) => title).join('\t');
    const body = rows.map((row) => view.columns.map(([, field]) => String(view.fields[field]?.(row) ?? '')).join('\t'));
    return `${align([head, ...body].join('\n'))}\n`;
  }
  const { templateText } = await import('./listing-template.ts');
  return templateText(view, rows, format, options.quiet);
}
