// A proxy as people write it: it streams, keeps its connections, forbids /admin, and says itself who the user is.
import http from 'node:http'
const agent = new http.Agent({ keepAlive: true })
http.createServer((request, answer) => {
  if (request.url.startsWith('/admin')) return answer.writeHead(403).end()
  const { 'x-forwarded-user': forged, ...headers } = request.headers
  const { method, url: path } = request
  const next = http.request({ agent, host: '127.0.0.1', port: process.env.TARGET, method, path, headers })
  next.on('information', () => answer.writeEarlyHints({ link: '</a.css>; rel=preload; as=style' }))
  next.on('response', (got) => got.pipe(answer.writeHead(got.statusCode, got.headers)))
  next.on('error', () => (answer.headersSent ? answer.destroy() : answer.writeHead(502).end()))
  request.pipe(next)
}).listen(process.env.PORT, '127.0.0.1')
