// Writes the modules of the project: 44 folders of ten files each, as a larger backend has them, and an index.
import { mkdirSync, writeFileSync } from 'node:fs'

const nouns = `account activity address attachment audit badge booking calendar campaign category channel comment company contact contract
country coupon currency customer delivery device document draft event feature folder group invoice issue label language location meeting
member message note offer order page parcel payment permission policy product`.split(/\s+/)
const kinds = { text: 'z.string().min(1).max(200)', integer: 'z.number().int()', boolean: 'z.boolean()', timestamp: 'z.coerce.date()' }
const words = ['title', 'amount', 'active', 'changed', 'summary', 'rank', 'hidden', 'begins', 'slug', 'total', 'shared', 'ends']

const write = (path, text) => {
  mkdirSync(path.replace(/\/[^/]*$/, ''), { recursive: true })
  writeFileSync(path, text)
}

nouns.forEach((name, i) => {
  const Name = name[0].toUpperCase() + name.slice(1)
  const parent = nouns[i ? (i * 7 + 3) % i : 0]
  const columns = words.slice(0, 6 + (i % 7)).map((word, k) => [word, Object.keys(kinds)[k % 4]])
  const at = (file) => `src/modules/${name}/${file}.ts`
  const reference = parent === name ? '' : `  ${parent}Id: text().references(() => ${parent}Table.id),\n`

  write(at('table'), `import { boolean, index, integer, pgTable, text, timestamp } from 'drizzle-orm/pg-core'
${reference && `import { ${parent}Table } from '@/modules/${parent}/table'\n`}
export const ${name}Table = pgTable('${name}', {
  id: text().primaryKey(),
  created: timestamp().notNull().defaultNow(),
${reference}${columns.map(([column, kind]) => `  ${column}: ${kind}(),\n`).join('')}}, (t) => [index('${name}_created').on(t.created)])
`)
  write(at('types'), `import type { ${name}Table } from './table'

export type ${Name} = typeof ${name}Table.$inferSelect
export type New${Name} = typeof ${name}Table.$inferInsert
export enum ${Name}State { Draft = 'draft', Live = 'live', Gone = 'gone' }
`)
  write(at('schema'), `import { z } from '@hono/zod-openapi'
import { ${Name}State } from './types'

export const ${name}Id = z.string().min(1).openapi({ param: { name: 'id', in: 'path' }, example: '${name}-1' })
export const ${name}Body = z.object({
${columns.map(([column, kind]) => `  ${column}: ${kinds[kind]}.nullable(),\n`).join('')}})
export const ${name}Schema = ${name}Body.extend({ id: z.string(), created: z.coerce.date(), state: z.enum(${Name}State) }).openapi('${Name}')
export const ${name}Query = z.object({ limit: z.coerce.number().int().max(100).default(10), offset: z.coerce.number().int().default(0), q: z.string().optional() })
`)
  write(at('errors'), `import { HTTPException } from 'hono/http-exception'

export class No${Name} extends HTTPException {
  constructor(id: string) {
    super(404, { message: 'no ${name} ' + id })
  }
}
`)
  write(at('log'), `import { log as all } from '#lib/log'

export const log = all.child({ module: '${name}' })
`)
  write(at('repository'), `import { and, desc, eq, ilike } from 'drizzle-orm'
import { db } from '#lib/db'
import { ${name}Table } from './table'
import type { New${Name} } from './types'

export const ${name}Repository = {
  find: (id: string) => db.select().from(${name}Table).where(eq(${name}Table.id, id)).limit(1),
  list: (limit: number, offset: number, q = '%') =>
    db.select().from(${name}Table).where(and(ilike(${name}Table.title, q))).orderBy(desc(${name}Table.created)).limit(limit).offset(offset),
  insert: (value: New${Name}) => db.insert(${name}Table).values(value).returning(),
  remove: (id: string) => db.delete(${name}Table).where(eq(${name}Table.id, id)).returning(),
}
`)
  write(at('events'), `import { EventEmitter } from 'node:events'
import { files } from '#lib/files'
import { log } from './log'
import { ${Name}State, type ${Name} } from './types'

export const ${name}Events = new EventEmitter<{ changed: [${Name}, ${Name}State] }>()
${name}Events.on('changed', (value, state) => {
  log.debug({ id: value.id, state }, 'changed')
  if (state === ${Name}State.Gone) files.put('${name}/' + value.id, JSON.stringify(value)).catch((error) => log.warn(error))
})
`)
  write(at('service'), `import { traced } from '#lib/trace'
import { No${Name} } from './errors'
import { ${name}Events } from './events'
import { ${name}Repository as repository } from './repository'
import { ${Name}State, type New${Name} } from './types'

export const ${name}Service = {
  find: (id: string) =>
    traced('${name}.find', async () => {
      const [value] = await repository.find(id)
      if (!value) throw new No${Name}(id)
      return value
    }),
  list: (limit: number, offset: number, q?: string) => traced('${name}.list', () => repository.list(limit, offset, q)),
  insert: (body: Omit<New${Name}, 'id'>) =>
    traced('${name}.insert', async () => {
      const [value] = await repository.insert({ ...body, id: crypto.randomUUID() })
      ${name}Events.emit('changed', value, ${Name}State.Live)
      return value
    }),
  remove: (id: string) =>
    traced('${name}.remove', async () => {
      const [value] = await repository.remove(id)
      if (!value) throw new No${Name}(id)
      ${name}Events.emit('changed', value, ${Name}State.Gone)
    }),
}
`)
  write(at('routes'), `import { createRoute, z } from '@hono/zod-openapi'
import { ${name}Body, ${name}Id, ${name}Query, ${name}Schema } from './schema'

const json = <T extends z.ZodType>(schema: T) => ({ content: { 'application/json': { schema } }, description: '${name}' })
const tags = ['${name}']
const params = z.object({ id: ${name}Id })

export const ${name}Routes = {
  list: createRoute({ method: 'get', path: '/', tags, request: { query: ${name}Query }, responses: { 200: json(z.array(${name}Schema)) } }),
  find: createRoute({ method: 'get', path: '/{id}', tags, request: { params }, responses: { 200: json(${name}Schema) } }),
  insert: createRoute({ method: 'post', path: '/', tags, request: { body: { content: { 'application/json': { schema: ${name}Body } } } }, responses: { 201: json(${name}Schema) } }),
  remove: createRoute({ method: 'delete', path: '/{id}', tags, request: { params }, responses: { 204: { description: 'gone' } } }),
}
`)
  write(at('index'), `import { OpenAPIHono } from '@hono/zod-openapi'
import { ${name}Routes as routes } from './routes'
import { ${name}Service as service } from './service'
import { ${Name}State } from './types'

const shown = <T extends object>(value: T) => ({ ...value, state: ${Name}State.Live })

export const ${name} = new OpenAPIHono()
  .openapi(routes.list, async (c) => {
    const { limit, offset, q } = c.req.valid('query')
    return c.json((await service.list(limit, offset, q)).map(shown), 200)
  })
  .openapi(routes.find, async (c) => c.json(shown(await service.find(c.req.valid('param').id)), 200))
  .openapi(routes.insert, async (c) => c.json(shown(await service.insert(c.req.valid('json'))), 201))
  .openapi(routes.remove, async (c) => {
    await service.remove(c.req.valid('param').id)
    return c.body(null, 204)
  })
`)
})

write('src/modules/index.ts', `import type { OpenAPIHono } from '@hono/zod-openapi'
${nouns.map((name) => `import { ${name} } from './${name}'\n`).join('')}
export const modules: Record<string, OpenAPIHono> = { ${nouns.join(', ')} }
`)
