import { openDatabase } from './database'
import { plugins } from './generated/plugins'
import { version } from './version'

const database = openDatabase()
const handlers = new Map(Object.entries(plugins).map(([name, plugin]) => [name, plugin(database)]))

const server = Bun.serve({
  hostname: process.env.HOST ?? '127.0.0.1',
  port: Number(process.env.PORT ?? 4000),
  fetch(request) {
    const name = new URL(request.url).pathname.split('/')[1] ?? ''
    if (name === 'ping') return Response.json({ pong: true, version, pid: process.pid })
    return handlers.get(name)?.(request) ?? new Response('no such plugin\n', { status: 404 })
  },
})
console.log(`version ${version} with ${[...handlers.keys()].join(', ')} listens on ${server.url}`)
