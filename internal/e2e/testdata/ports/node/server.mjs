import { createServer } from 'node:http'
import { basename, dirname } from 'node:path'

const version = 1
const answer = JSON.stringify({ pong: true, version, pid: process.pid, tree: basename(dirname(process.cwd())) })

createServer(async (request, response) => {
  const text = request.url === '/self' ? await (await fetch('http://localhost:3000/ping')).text() : answer
  response.setHeader('Content-Type', 'application/json').end(text)
}).listen(3000)
