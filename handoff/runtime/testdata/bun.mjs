// Runs in Bun. The answers of /hold and /stream wait until somebody asks for /open.
const waiting = []
let opened = false // before anybody waited
const wait = (go) => (opened ? go() : waiting.push(go), (opened = false))
Bun.serve({
  port: process.env.PORT,
  hostname: '127.0.0.1',
  idleTimeout: 0,
  async fetch(request) {
    const { pathname } = new URL(request.url)
    if (pathname === '/open') opened = waiting.length === 0
    if (pathname === '/open') waiting.splice(0).forEach((go) => go())
    if (pathname === '/hold') await new Promise(wait)
    if (pathname !== '/stream') return new Response(pathname)
    const start = (c) => {
      c.enqueue('data: 1\n\n')
      wait(() => request.signal.aborted || (c.enqueue('data: 2\n\n'), c.close()))
    }
    return new Response(new ReadableStream({ start }), { headers: { 'Content-Type': 'text/event-stream' } })
  },
})
