import { observable } from '@trpc/server/observable'
import { Kysely, PostgresDialect } from 'kysely'
import { nanoid } from 'nanoid'
import { EventEmitter } from 'node:events'
import pg from 'pg'
import { z } from 'zod'
import { t } from '../trpc.js'

const db = new Kysely<{ tasks: { id: string; title: string } }>({ dialect: new PostgresDialect({ pool: new pg.Pool({ host: '127.0.0.1', port: 9 }) }) })
const added = new EventEmitter()
const Task = z.object({ title: z.string().min(1) })

export const tasks = t.router({
  sql: t.procedure.query(() => db.selectFrom('tasks').selectAll().where('title', 'like', '%a%').compile().sql),
  add: t.procedure.input(Task).mutation(({ input }) => {
    const task = { id: nanoid(), ...input, at: new Date() }
    added.emit('added', task)
    return task
  }),
  added: t.procedure.subscription(() =>
    observable<z.infer<typeof Task>>((observer) => {
      const next = (task: z.infer<typeof Task>) => observer.next(task)
      added.on('added', next)
      return () => added.off('added', next)
    }),
  ),
})
