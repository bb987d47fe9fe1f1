// Runs in Node. The answers of /hold and /stream wait until the next /open.
const waiting = []
require('http')
  .createServer((req, res) => {
    if (req.url === '/open') waiting.splice(0).forEach((go) => go())
    if (req.url === '/hold') return waiting.push(() => res.end(req.url))
    if (req.url !== '/stream') return res.end(req.url)
    res.writeHead(200, { 'Content-Type': 'text/event-stream' })
    res.write('data: 1\n\n')
    waiting.push(() => res.end('data: 2\n\n'))
  })
  .listen(process.env.PORT, '127.0.0.1')
