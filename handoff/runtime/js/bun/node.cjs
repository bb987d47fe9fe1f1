'use strict'
// The event streams of node:http, whose servers Bun starts by Bun.serve, and the WebSockets of the
// package ws, which Bun has built in.

const { Events } = require('../drain/events.cjs')
const { TYPE, add, isEventSource, remove, works } = require('./followed.cjs')
const { hide, safely } = require('../common.cjs')
const { gone, opened } = require('./websockets.cjs')

let upgrades = false // the package ws is covered, too

/** Has the event streams and WebSockets of node:http pass here, and each answer while draining() say that its connection ends. */
function cover(draining) {
  for (const { Server } of [require('node:http'), require('node:https')]) {
    if (Object.hasOwn(Server.prototype, 'emit')) continue // it is covered: https.Server may be http.Server
    const above = Object.getPrototypeOf(Server.prototype)
    hide(Server.prototype, 'emit', function emit(type) {
      if (type === 'request' || type === 'checkContinue' || type === 'checkExpectation')
        safely(follow, arguments[1], arguments[2], draining)
      else if (type === 'upgrade' && !upgrades) safely(coverUpgrades)
      return Reflect.apply(above.emit, this, arguments)
    })
  }
}

/** The program has loaded ws by the first upgrade, or needs no ws. */
function coverUpgrades() {
  upgrades = true
  const { WebSocketServer } = require('ws')
  const given = WebSocketServer.prototype.handleUpgrade
  hide(WebSocketServer.prototype, 'handleUpgrade', function handleUpgrade(request, socket, head, done) {
    const next =
      typeof done !== 'function'
        ? done
        : function (ws) {
            safely(() => {
              ws.once('close', () => gone(ws))
              opened(ws)
            })
            return Reflect.apply(done, this, arguments)
          }
    return Reflect.apply(given, this, [request, socket, head, next])
  })
}

class Answer extends Events {
  constructor(response) {
    super()
    this.response = response
  }

  /** Reports whether the answer is an event stream that can end. A compressed one cannot,
   * because an event may be half in the compressor. */
  get may() {
    const r = this.response
    return (
      !r.destroyed &&
      !r.writableEnded &&
      r.headersSent &&
      TYPE.test(r.getHeader('content-type')) &&
      !r.hasHeader('content-encoding') &&
      !r.hasHeader('content-length') &&
      !r._removedTE &&
      r.req.httpVersion === '1.1' &&
      r.writableCorked === 0 &&
      !!r.socket &&
      r.socket._httpMessage === r
    )
  }

  /** Ends the answer and its connection. To the program it looks as if the client had left. */
  end() {
    const { response } = this
    const { socket } = response
    response.flushHeaders()
    socket.write('0\r\n\r\n', 'latin1')
    response.destroyed = true
    socket.destroySoon()
  }
}

/** Follows the answer to a request of EventSource, which the program has not seen yet. */
function follow(request, response, draining) {
  const head = response.writeHead
  hide(response, 'writeHead', function writeHead() {
    if (draining()) safely(() => response.setHeader('Connection', 'close'))
    return Reflect.apply(head, this, arguments)
  })
  if (!works || request.method !== 'GET' || !isEventSource(request.headers.accept, request.headers['cache-control']))
    return
  const answer = new Answer(response)
  const next = response.write
  hide(response, 'write', function write(chunk, encoding) {
    answer.see(chunk, encoding)
    return Reflect.apply(next, this, arguments)
  })
  add(answer)
  response.once('close', () => remove(answer))
}

module.exports = { cover }
