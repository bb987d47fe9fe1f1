// Runs in Node. The answers of /hold and /stream wait until somebody asks for /open.
const waiting = []
let opened = false // before anybody waited
const wait = (go) => (opened ? go() : waiting.push(go), (opened = false))
require('http')
  .createServer((req, res) => {
    if (req.url === '/open') opened = waiting.length === 0
    if (req.url === '/open') waiting.splice(0).forEach((go) => go())
    if (req.url === '/hold') return wait(() => res.end(req.url))
    if (req.url !== '/stream') return res.end(req.url)
    res.writeHead(200, { 'Content-Type': 'text/event-stream' })
    res.write('data: 1\n\n')
    wait(() => res.end('data: 2\n\n'))
  })
  .listen(process.env.PORT, '127.0.0.1')
