// What each program here answers: /ping, /slow and /events as every stack does, and rows for check.mjs.
import http from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import { saved } from './version.mjs'

export const handler = ({ add, list, version = () => saved }) => async (request, response) => {
  const { pathname, searchParams } = new URL(request.url, 'http://here')
  const tell = (value) => response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(value))
  if (pathname === '/rows' && request.method === 'GET') return tell(await list())
  if (pathname === '/rows') await add(Number(searchParams.get('id')), request)
  if (pathname === '/slow') await pause(Number(searchParams.get('ms')))
  const answer = { pong: true, version: await version(), pid: process.pid }
  if (pathname !== '/events') return tell(answer)
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  const send = () => response.write(`data: ${JSON.stringify(answer)}\n\n`)
  const timer = setInterval(send, 250)
  response.on('close', () => clearInterval(timer))
  send()
}
export const serve = (answers) => http.createServer(handler(answers)).listen(process.env.PORT, '127.0.0.1')
