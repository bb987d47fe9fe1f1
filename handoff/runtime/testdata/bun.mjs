// Runs in Bun. The answers of /hold and /stream wait until the next /open.
const waiting = []
Bun.serve({
  port: process.env.PORT,
  hostname: '127.0.0.1',
  idleTimeout: 0,
  async fetch(request) {
    const { pathname } = new URL(request.url)
    if (pathname === '/open') waiting.splice(0).forEach((go) => go())
    if (pathname === '/hold') await new Promise((done) => waiting.push(done))
    if (pathname !== '/stream') return new Response(pathname)
    const start = (c) => {
      c.enqueue('data: 1\n\n')
      waiting.push(() => request.signal.aborted || (c.enqueue('data: 2\n\n'), c.close()))
    }
    return new Response(new ReadableStream({ start }), { headers: { 'Content-Type': 'text/event-stream' } })
  },
})
