'use strict'
// The answers of node:http, whose servers Bun starts by Bun.serve, and the WebSockets of the package
// ws, which Bun has built in.

const { hide } = require('./objects.cjs')
const { safely } = require('../safely.cjs')
const { gone, opened } = require('./websockets.cjs')

let covered = false
let upgrades = false // the package ws is covered, too

/** Has the WebSockets of node:http pass here, and each answer while draining() say that its connection ends. */
function cover(draining) {
  if (covered) return
  covered = true
  for (const { Server } of [require('node:http'), require('node:https')]) {
    if (Object.hasOwn(Server.prototype, 'emit')) continue // https.Server may be http.Server
    const above = Object.getPrototypeOf(Server.prototype)
    hide(Server.prototype, 'emit', function emit(type) {
      if (type === 'request' || type === 'checkContinue' || type === 'checkExpectation') safely(sayClose, arguments[2], draining)
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
    const next = typeof done !== 'function' ? done : function (ws) {
      safely(() => {
        ws.once('close', () => gone(ws))
        opened(ws)
      })
      return Reflect.apply(done, this, arguments)
    }
    return Reflect.apply(given, this, [request, socket, head, next])
  })
}

/** Has an answer say that its connection ends, if its head is written while draining(). */
function sayClose(response, draining) {
  const head = response.writeHead
  hide(response, 'writeHead', function writeHead() {
    if (draining()) safely(() => response.setHeader('Connection', 'close'))
    return Reflect.apply(head, this, arguments)
  })
}

module.exports = { cover }
