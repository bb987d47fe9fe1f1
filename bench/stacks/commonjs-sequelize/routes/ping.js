const Promise = require('bluebird')
const router = require('express').Router()
const { saved: leaf } = require('../lib/version')

const saved = 1
const answer = { pong: true, version: Math.max(leaf, saved), pid: process.pid }

router.get('/ping', (request, response) => {
  response.json(answer)
})
router.get('/slow', async (request, response) => {
  await Promise.delay(Number(request.query.ms))
  response.json(answer)
})
router.get('/events', (request, response) => {
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  const send = () => response.write(`data: ${JSON.stringify(answer)}\n\n`)
  const timer = setInterval(send, 250)
  response.on('close', () => clearInterval(timer))
  send()
})
module.exports = router
