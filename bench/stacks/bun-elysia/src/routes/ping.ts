import { Elysia, sse } from 'elysia'
import { saved as leaf } from '../version'

const saved = 1
const answer = { pong: true, version: Math.max(leaf, saved), pid: process.pid }

export const ping = new Elysia()
  .get('/ping', () => answer)
  .get('/slow', async ({ query }) => {
    await Bun.sleep(Number(query.ms))
    return answer
  })
  .get('/events', async function* () {
    for (;;) {
      yield sse({ data: answer })
      await Bun.sleep(250)
    }
  })
