import { Elysia, t } from 'elysia'

const notes: string[] = []

export const routes = new Elysia({ prefix: '/notes' })
  .get('/', () => notes)
  .post('/', ({ body }) => notes.push(body.text), { body: t.Object({ text: t.String({ minLength: 1 }) }) })
export { routes as notes }
