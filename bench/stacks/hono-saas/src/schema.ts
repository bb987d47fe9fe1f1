import { integer, pgTable, serial, text, timestamp } from 'drizzle-orm/pg-core'

export const users = pgTable('users', { id: serial().primaryKey(), name: text().notNull(), email: text().notNull().unique(), created: timestamp().defaultNow() })
export const posts = pgTable('posts', { id: serial().primaryKey(), author: integer().references(() => users.id), body: text().notNull() })
