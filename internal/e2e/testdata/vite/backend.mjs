// A backend beside the frontend: it answers with the version that it has loaded.
import { createServer } from 'node:http'
import { version } from './version.mjs'

createServer((request, response) => {
  let echo = ''
  request.on('data', (text) => (echo += text)).on('end', () => {
    response.setHeader('Content-Type', 'application/json').end(JSON.stringify({ pong: true, echo, version, pid: process.pid }))
  })
}).listen(process.env.BACKEND, '127.0.0.1')
