import { version } from './version.json'

const server = Bun.serve({
  port: Number(process.env.PORT ?? 4000),
  hostname: process.env.HOST ?? '127.0.0.1',
  fetch(request) {
    if (new URL(request.url).pathname !== '/ping') return new Response(null, { status: 404 })
    return Response.json({ pong: true, version, pid: process.pid })
  },
})
console.log(`listening on ${server.url}`)
