/** A field of CSV, in quotes if it needs them: https://www.rfc-editor.org/rfc/rfc4180 */
export function csvField(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
