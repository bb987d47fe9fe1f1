'use strict'
// What the servers of node:http show, which Bun starts by Bun.serve, and the WebSockets of the
// package ws, which Bun has built in.

const { hide } = require('./hide.cjs')

let covered = false

/** Calls asked(request, response) before a server's program sees a request, and opened(ws) for each
 * WebSocket, closed(ws) at its end. */
function cover({ asked, opened, closed }) {
  if (covered) return
  covered = true
  const begin = once(() => upgrades(opened, closed))
  for (const { Server } of [require('node:http'), require('node:https')]) {
    if (Object.hasOwn(Server.prototype, 'emit')) continue // https.Server may be http.Server
    const above = Object.getPrototypeOf(Server.prototype)
    hide(Server.prototype, 'emit', function emit(type) {
      try {
        if (type === 'request' || type === 'checkContinue' || type === 'checkExpectation') asked(arguments[1], arguments[2])
        else if (type === 'upgrade') begin()
      } catch (e) {
        // The program is more important.
      }
      return Reflect.apply(above.emit, this, arguments)
    })
  }
}

/** The program has loaded ws by the first upgrade, or needs no ws. */
function upgrades(opened, closed) {
  const { WebSocketServer } = require('ws')
  const given = WebSocketServer.prototype.handleUpgrade
  hide(WebSocketServer.prototype, 'handleUpgrade', function handleUpgrade(request, socket, head, done) {
    const next = typeof done !== 'function' ? done : function (ws) {
      try {
        ws.once('close', () => closed(ws))
        opened(ws)
      } catch (e) {
        // Its client is not told.
      }
      return Reflect.apply(done, this, arguments)
    }
    return Reflect.apply(given, this, [request, socket, head, next])
  })
}

const once = (f) => {
  let done = false
  return () => {
    if (done) return
    done = true
    f()
  }
}

module.exports = { cover }
