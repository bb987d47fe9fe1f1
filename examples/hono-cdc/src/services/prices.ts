import type { Customer } from '../database.js'

/** What a plan costs a month. */
export function cents(plan: Customer['plan']): number {
  return { free: 0, team: 4900, business: 19900 }[plan]
}
