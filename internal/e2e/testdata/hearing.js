// A server that writes down which stop signals it hears. After the
// first it stays a while, longer than hotswap leaves a wrapper in peace; at the
// second it ends at once, as many do. At /exit it ends by itself, with 3.
const http = require('node:http')
const { version } = require('./version.json')
const say = (word) => require('node:fs').appendFileSync('heard', process.pid + ' ' + word + '\n')
const server = http.createServer((req, res) => {
  const [path, ms] = req.url.split('?ms=')
  if (path === '/exit') res.on('close', () => process.exit(3))
  setTimeout(() => {
    res.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify({ pong: true, version, pid: process.pid }))
  }, Number(ms ?? 0))
})
server.listen(Number(process.env.PORT), '127.0.0.1', () => say('listens'))
let stops = 0
process.on('SIGTERM', () => {
  say('SIGTERM')
  if (++stops > 1) process.exit(1)
  server.close(() => setTimeout(() => process.exit(0), 500))
})
