/** Why a dashboard cannot be drawn; the message names what in its definition, or what went wrong. */
export class DashboardError extends Error {
  override readonly name = 'DashboardError';
}
