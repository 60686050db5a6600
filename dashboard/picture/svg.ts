/** What text is drawn in. */
export const FONT = 'Helvetica, Arial, sans-serif';

/** How a text is drawn. */
export interface TextStyle {
  /** Pixels. */
  readonly size: number;
  /** @default - near black */
  readonly color?: string;
  readonly isBold?: boolean;
}

/** A rectangle, in pixels. */
export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** One line of text that begins at a point of its baseline. */
export function text(
  content: string,
  { x, y }: Pick<Box, 'x' | 'y'>,
  { color = '#16191f', isBold = false, size }: TextStyle,
): string {
  const weight = isBold ? ' font-weight="bold"' : '';
  return `<text x="${x}" y="${y}" font-size="${size}"${weight} fill="${color}">${escaped(content)}</text>`;
}

/** A filled rectangle with round corners, and an edge where it is given a colour. */
export function rectangle({ height, width, x, y }: Box, fill: string, edge?: string): string {
  const stroke = edge === undefined ? '' : ` stroke="${edge}"`;
  return `<rect x="${x}" y="${y}" width="${width}" height="${height}" rx="4" fill="${fill}"${stroke}/>`;
}

/** A whole picture, of which the parts have their places. */
export function svg({ height, width }: Pick<Box, 'height' | 'width'>, parts: readonly string[]) {
  const size = `width="${width}" height="${height}" viewBox="0 0 ${width} ${height}"`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" ${size} font-family="${FONT}">`,
    ...parts,
    '</svg>\n',
  ].join('\n');
}

function escaped(content: string): string {
  return content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
