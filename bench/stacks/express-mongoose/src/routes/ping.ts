import { Router } from 'express'
import { saved as leaf } from '../version.js'

const saved = 1
const answer = { pong: true, version: Math.max(leaf, saved), pid: process.pid }

export const ping = Router()
ping.get('/ping', (request, response) => {
  response.json(answer)
})
ping.get('/slow', (request, response) => {
  setTimeout(() => response.json(answer), Number(request.query.ms))
})
ping.get('/events', (request, response) => {
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  const send = () => response.write(`data: ${JSON.stringify(answer)}\n\n`)
  const timer = setInterval(send, 250)
  response.on('close', () => clearInterval(timer))
  send()
})
