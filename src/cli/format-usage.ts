const reference = 'Refer to https://docs.docker.com/go/formatting/ for more information about formatting output with templates';

/** The usage of `--format` for lists. */
export const formatUsage: string = `Format output using a custom template:
'table':            Print output in table format with column headers (default)
'table TEMPLATE':   Print output in table format using the given Go template
'json':             Print in JSON format
'TEMPLATE':         Print output using the given Go template.
${reference}`;

/** The usage of `--format` for single things. */
export const inspectFormatUsage: string = `Format output using a custom template:
'json':             Print in JSON format
'TEMPLATE':         Print output using the given Go template.
${reference}`;
