import type { ComponentChildren } from 'preact';

export interface Column<Row> {
  id: string;
  label: string;
  /** Numbers stand at the end of their cell. */
  numeric?: boolean;
  /** The label is read, not shown: for a column of buttons. */
  quiet?: boolean;
  cell(row: Row): ComponentChildren;
}

interface DataTableProps<Row> {
  /** Read before the table; shown only where `captionShown`. */
  caption: string;
  columns: Column<NoInfer<Row>>[];
  rows: readonly Row[];
  keyOf(row: Row): string;
}

/** A table whose first column names its row. It scrolls sideways by itself, and by keyboard. */
export function DataTable<Row>({ caption, columns, rows, keyOf }: DataTableProps<Row>) {
  return (
    <section class="table-wide" aria-label={caption} tabindex={0}>
      <table class="grid-table">
        <caption class="visually-hidden">{caption}</caption>
        <thead>
          <tr>
            {columns.map((column) => (
              <th scope="col" key={column.id} class={column.numeric ? 'numeric' : undefined}>
                {column.quiet ? <span class="visually-hidden">{column.label}</span> : column.label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={keyOf(row)}>
              {columns.map((column, index) =>
                index === 0 ? (
                  <th scope="row" key={column.id}>
                    {column.cell(row)}
                  </th>
                ) : (
                  <td key={column.id} class={column.numeric ? 'numeric' : undefined}>
                    {column.cell(row)}
                  </td>
                ),
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
