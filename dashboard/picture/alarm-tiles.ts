import type { AlarmState } from '../metrics/alarm-state.ts';
import { type Box, rectangle, text } from './svg.ts';

/** An alarm, and how it stands. */
export interface ShownAlarm {
  readonly name: string;
  readonly state: AlarmState;
}

const COLUMNS = 4;
/** Pixels. */
const TILE = { height: 20, gap: 3 } as const;

const colors: Readonly<Record<AlarmState, { readonly fill: string; readonly edge: string }>> = {
  OK: { fill: '#f2f8f0', edge: '#1d8102' },
  ALARM: { fill: '#fbd8d3', edge: '#d13212' },
  INSUFFICIENT_DATA: { fill: '#f4f4f4', edge: '#687078' },
};

/** Draws a tile for each alarm, in their order, row by row. */
export function drawAlarms(alarms: readonly ShownAlarm[], box: Box): string {
  const width = (box.width + TILE.gap) / COLUMNS - TILE.gap;
  return alarms
    .map(({ name, state }, index) => {
      const x = box.x + (index % COLUMNS) * (width + TILE.gap);
      const y = box.y + Math.floor(index / COLUMNS) * (TILE.height + TILE.gap);
      const { edge, fill } = colors[state];
      const isBold = state === 'ALARM';
      return [
        rectangle({ x, y, width, height: TILE.height }, fill, edge),
        text(name, { x: x + 8, y: y + 14 }, { size: 11, isBold }),
        `<g text-anchor="end">${text(state, { x: x + width - 8, y: y + 14 }, { size: 11, color: edge, isBold: true })}</g>`,
      ].join('');
    })
    .join('\n');
}
