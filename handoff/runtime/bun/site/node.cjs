'use strict'
// What the servers of node:http show, which Bun starts by Bun.serve, and the WebSockets of the
// package ws, which Bun has built in.

const { follow } = require('./answers.cjs')
const { hide } = require('./hide.cjs')
const { gone, opened } = require('./websockets.cjs')

let covered = false
let upgrades = false // the package ws is covered, too

/** Has the event streams and WebSockets of node:http pass here. */
function cover() {
  if (covered) return
  covered = true
  for (const { Server } of [require('node:http'), require('node:https')]) {
    if (Object.hasOwn(Server.prototype, 'emit')) continue // https.Server may be http.Server
    const above = Object.getPrototypeOf(Server.prototype)
    hide(Server.prototype, 'emit', function emit(type) {
      try {
        if (type === 'request' || type === 'checkContinue' || type === 'checkExpectation') follow(arguments[1], arguments[2])
        else if (type === 'upgrade' && !upgrades) coverUpgrades()
      } catch (e) {
        // The program is more important.
      }
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
      try {
        ws.once('close', () => gone(ws))
        opened(ws)
      } catch (e) {
        // Its client is not told.
      }
      return Reflect.apply(done, this, arguments)
    }
    return Reflect.apply(given, this, [request, socket, head, next])
  })
}

module.exports = { cover }
