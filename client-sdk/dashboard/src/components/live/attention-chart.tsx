import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import type { HistoryPoint } from '../../../../src/index.ts';
import { HISTORY_LENGTH_MS } from '../../../../src/live-view.ts';
import { clock, percent } from '../../i18n/format.ts';
import { language } from '../../i18n/index.ts';
import { isDark } from '../../state/theme.ts';

/** Longer than this without a point is a gap in the line, not a straight stretch. */
const GAP_MS = 35_000;

function toData(history: readonly HistoryPoint[]): uPlot.AlignedData {
  const [times, attention, coverage]: [number[], (number | null)[], (number | null)[]] = [[], [], []];
  for (const [index, point] of history.entries()) {
    const before = history[index - 1];
    if (before && point.atMs - before.atMs > GAP_MS) {
      times.push((before.atMs + 1) / 1000);
      attention.push(null);
      coverage.push(null);
    }
    times.push(point.atMs / 1000);
    attention.push(point.attention);
    coverage.push(point.coverage);
  }
  return [times, attention, coverage];
}

/** The picture only; the same figures stand beside it as text and as a table. */
export function AttentionChart({
  history,
  names,
}: {
  history: readonly HistoryPoint[];
  names: [string, string];
}) {
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const data = useRef(history);
  data.current = history;
  const dark = isDark();
  const locale = language.value;
  const [attentionName, coverageName] = names;

  // Colours, fonts and the language are painted in, so a change of them makes a new chart.
  useEffect(() => {
    const target = box.current;
    if (!target) return;
    const style = getComputedStyle(target);
    const color = (name: string) => style.getPropertyValue(name).trim();
    const probe = document.createElement('span');
    // A colour under way from one to the next would be read as neither.
    probe.style.transition = 'none';
    target.append(probe);
    // light-dark() is resolved only where a property uses it.
    const resolved = (name: string) => {
      probe.style.color = `var(${name})`;
      return getComputedStyle(probe).color;
    };
    const [line, grid, text, faint] = ['--accent', '--line', '--text-2', '--line-strong'].map(resolved);
    probe.remove();
    const font = `12px ${color('--font')}`;
    const axis = { stroke: text ?? '', font, grid: { stroke: grid ?? '', width: 1 }, ticks: { show: false } };
    const made = new uPlot(
      {
        width: target.clientWidth,
        height: target.clientHeight,
        cursor: { drag: { x: false, y: false } },
        legend: { show: false },
        scales: {
          x: { time: true, range: (_, __, max) => [max - HISTORY_LENGTH_MS / 1000, max] },
          y: { range: [0, 1] },
        },
        axes: [
          {
            ...axis,
            grid: { show: false },
            values: (_, ticks) => ticks.map((tick) => clock(tick * 1000)),
            space: 70,
            size: 28,
          },
          { ...axis, values: (_, ticks) => ticks.map(percent), splits: [0, 0.25, 0.5, 0.75, 1], size: 52 },
        ],
        series: [
          {},
          {
            label: attentionName,
            stroke: line ?? '',
            width: 2.5,
            points: { show: false },
            fill: fade(line ?? ''),
          },
          { label: coverageName, stroke: faint ?? '', width: 1.5, dash: [5, 4], points: { show: false } },
        ],
      },
      toData(data.current),
      target,
    );
    plot.current = made;
    const resized = new ResizeObserver(() =>
      made.setSize({ width: target.clientWidth, height: target.clientHeight }),
    );
    resized.observe(target);
    return () => {
      resized.disconnect();
      made.destroy();
      plot.current = null;
    };
  }, [dark, locale, attentionName, coverageName]);

  useEffect(() => {
    plot.current?.setData(toData(history));
  }, [history]);

  return <div class="chart" ref={box} aria-hidden="true" />;
}

/** The same colour, nearly transparent. */
function fade(color: string): string {
  return color.replace(/^rgb\(([^)]+)\)$/, 'rgba($1, 0.12)');
}
