import Router from '@koa/router'
import { PassThrough } from 'node:stream'
import { setTimeout } from 'node:timers/promises'
import { saved as leaf } from '../version'

const saved = 1
const answer = { pong: true, version: Math.max(leaf, saved), pid: process.pid }

export const ping = new Router()
ping.get('/ping', (ctx) => {
  ctx.body = answer
})
ping.get('/slow', async (ctx) => {
  await setTimeout(Number(ctx.query.ms))
  ctx.body = answer
})
ping.get('/events', (ctx) => {
  const stream = new PassThrough()
  const send = () => stream.write(`data: ${JSON.stringify(answer)}\n\n`)
  const timer = setInterval(send, 250)
  stream.on('close', () => clearInterval(timer))
  ctx.type = 'text/event-stream'
  ctx.body = stream
  send()
})
