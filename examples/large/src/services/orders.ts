import dayjs from 'dayjs'
import { Decimal } from 'decimal.js'
import { desc } from 'drizzle-orm'
import _ from 'lodash'
import { database } from '../database.js'
import { orders } from '../schema.js'

export const newest = () => database.select().from(orders).orderBy(desc(orders.placed)).limit(100)

/** What was sold in each month. */
export async function byMonth(): Promise<{ month: string; total: string }[]> {
  const months = _.groupBy(await newest(), (order) => dayjs(order.placed).format('YYYY-MM'))
  return _.map(months, (list, month) => ({
    month,
    total: Decimal.sum(...list.map((order) => order.amount)).toFixed(2),
  }))
}
