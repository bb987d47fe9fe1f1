import { relations } from 'drizzle-orm'
import { integer, numeric, pgTable, serial, text, timestamp } from 'drizzle-orm/pg-core'

export const customers = pgTable('customers', {
  id: serial().primaryKey(),
  name: text().notNull(),
  plan: text({ enum: ['free', 'team', 'business'] }).notNull().default('free'),
})

export const orders = pgTable('orders', {
  id: serial().primaryKey(),
  customer: integer().notNull().references(() => customers.id),
  amount: numeric({ precision: 12, scale: 2 }).notNull(),
  placed: timestamp({ mode: 'string' }).notNull(),
})

export const customersRelations = relations(customers, ({ many }) => ({ orders: many(orders) }))
export const ordersRelations = relations(orders, ({ one }) => ({
  buyer: one(customers, { fields: [orders.customer], references: [customers.id] }),
}))
