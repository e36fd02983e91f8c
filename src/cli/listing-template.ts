import { compileTemplate, type Template } from '#base/go-template/eval.ts';
import { escapeHtmlInJson, goJson, GoStruct } from '#base/go-template/value.ts';
import type { ListView } from './listing.ts';
import { align } from './tabwriter.ts';

// The header row is made by the same template on the titles, so functions leave values alone.
const headerFunctions: Readonly<Record<string, (...args: unknown[]) => unknown>> = {
  json: (value) => value, split: (value) => value, join: (value) => value, title: (value) => value, lower: (value) => value,
  upper: (value) => value, pad: (value) => value, truncate: (value) => value,
};

/** Rows by "json", a template, or "table" and a template. */
export function templateText<Row>(view: ListView<Row>, rows: readonly Row[], format: string, quiet: boolean): string {
  if (quiet) return rows.map((row) => `${String(view.fields[view.quiet]?.(row))}\n`).join('');
  if (format === 'json') return rows.map((row) => `${rowJson(view, row)}\n`).join('');
  const isTable = format.startsWith('table');
  const source = (isTable ? format.slice(5) : format).replace(/^ +| +$/g, '').replaceAll('\\t', '\t').replaceAll('\\n', '\n');
  const template = compile(source, view.templateError);
  const lines = rows.map((row) => `${run(template, structOf(view, row), view.templateError)}\n`).join('');
  if (!isTable) return lines;
  const titles = new GoStruct(view.typeName, Object.keys(view.fields), (name) => {
    const title = view.titles[name] ?? name;
    return view.methods?.includes(name) === true ? (argument: string) => headerOf(argument) : title;
  });
  const header = run(compile(source, view.templateError, headerFunctions), titles, view.templateError);
  return align(`${header}\n${lines}`);
}

// Docker titles the column of a label by the label's last part.
function headerOf(label: string): string {
  return (label.split('.').pop() as string).replace(/[-_]/g, ' ');
}

function compile(source: string, says = 'failed to parse template', functions?: Readonly<Record<string, (...args: unknown[]) => unknown>>): Template {
  try {
    return compileTemplate(source, functions === undefined ? {} : { functions });
  } catch (error) {
    throw new Error(`${says}: ${(error as Error).message}`, { cause: error });
  }
}

function run(template: Template, data: unknown, says = 'failed to execute template'): string {
  try {
    return template.execute(data);
  } catch (error) {
    throw new Error(`${says}: ${(error as Error).message}`, { cause: error });
  }
}

function structOf<Row>(view: ListView<Row>, row: Row): GoStruct {
  return new GoStruct(view.typeName, Object.keys(view.fields), (name) => view.fields[name]?.(row), () => rowJson(view, row));
}

function rowJson<Row>(view: ListView<Row>, row: Row): string {
  const names = Object.keys(view.fields).filter((name) => view.methods?.includes(name) !== true).sort();
  return escapeHtmlInJson(goJson(Object.fromEntries(names.map((name) => [name, view.fields[name]?.(row)]))));
}
