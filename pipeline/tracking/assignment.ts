/**
 * Minimum-cost assignment of rows to columns (Hungarian method with potentials, shortest augmenting paths:
 * Jonker & Volgenant 1987), O(n²·m) for n ≤ m.
 *
 * A cost of `Infinity` forbids a pair. As many rows as possible are *not* forced into pairs: each row may stay
 * alone at the price of `unassigned`, so a pair dearer than that is never made.
 */
export function assign(costs: readonly (readonly number[])[], unassigned: number): (number | null)[] {
  const rows = costs.length;
  const real = costs[0]?.length ?? 0;
  if (rows === 0) return [];
  // One private "stay alone" column a row keeps the problem solvable whatever is forbidden.
  const columns = real + rows;
  const forbidden = forbiddenCost(costs, unassigned);
  const cost = (row: number, column: number): number => {
    if (column >= real) return column - real === row ? unassigned : forbidden;
    const value = costs[row]![column]!;
    return Number.isFinite(value) ? value : forbidden;
  };
  const rowOfColumn = solve(rows, columns, cost);
  const columnOfRow: (number | null)[] = new Array<number | null>(rows).fill(null);
  for (let column = 0; column < real; column++) {
    const row = rowOfColumn[column]!;
    if (row >= 0 && Number.isFinite(costs[row]![column]!)) columnOfRow[row] = column;
  }
  return columnOfRow;
}

/** Dearer than any full set of allowed pairs, yet small enough not to drown differences in rounding. */
function forbiddenCost(costs: readonly (readonly number[])[], unassigned: number): number {
  let highest = Math.abs(unassigned);
  for (const row of costs) {
    for (const value of row) if (Number.isFinite(value)) highest = Math.max(highest, Math.abs(value));
  }
  return (highest + 1) * (costs.length + 1) * 4;
}

function solve(rows: number, columns: number, cost: (row: number, column: number) => number): Int32Array {
  // 1-based inside: index 0 is the virtual start of an augmenting path.
  const rowPotential = new Float64Array(rows + 1);
  const columnPotential = new Float64Array(columns + 1);
  const rowAt = new Int32Array(columns + 1);
  const before = new Int32Array(columns + 1);
  for (let row = 1; row <= rows; row++) {
    rowAt[0] = row;
    let column = 0;
    const shortest = new Float64Array(columns + 1).fill(Number.POSITIVE_INFINITY);
    const done = new Uint8Array(columns + 1);
    do {
      done[column] = 1;
      const current = rowAt[column]!;
      let delta = Number.POSITIVE_INFINITY;
      let next = 0;
      for (let c = 1; c <= columns; c++) {
        if (done[c]) continue;
        const reduced = cost(current - 1, c - 1) - rowPotential[current]! - columnPotential[c]!;
        if (reduced < shortest[c]!) {
          shortest[c] = reduced;
          before[c] = column;
        }
        if (shortest[c]! < delta) {
          delta = shortest[c]!;
          next = c;
        }
      }
      for (let c = 0; c <= columns; c++) {
        if (done[c]) {
          rowPotential[rowAt[c]!] = rowPotential[rowAt[c]!]! + delta;
          columnPotential[c] = columnPotential[c]! - delta;
        } else {
          shortest[c] = shortest[c]! - delta;
        }
      }
      column = next;
    } while (rowAt[column] !== 0);
    do {
      const previous = before[column]!;
      rowAt[column] = rowAt[previous]!;
      column = previous;
    } while (column !== 0);
  }
  const rowOfColumn = new Int32Array(columns);
  for (let c = 1; c <= columns; c++) rowOfColumn[c - 1] = rowAt[c]! - 1;
  return rowOfColumn;
}
