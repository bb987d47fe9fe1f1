'use strict'
// The open WebSockets of this thread, of Bun.serve and of the package ws.

const { copy } = require('./objects.cjs')
const { clock, safely } = require('../common.cjs')

const ANSWER = 2000 // ms for a client to read what it was sent, and to answer a close frame
const CLOSED = 3 // a readyState

const open = new Set() // that the program may still write to
const waits = new Map() // WebSocket → when it was to be closed first, while its client has not read everything
const left = new Map() // WebSocket → when its close frame was sent

function opened(ws) {
  open.add(ws)
}

function gone(ws) {
  open.delete(ws)
  waits.delete(ws)
}

/** Bun's handlers of WebSockets, which tell which are open. */
function followed(given) {
  const out = copy(given)
  out.open = function (ws) {
    opened(ws)
    if (typeof given.open === 'function') return Reflect.apply(given.open, this, arguments)
  }
  out.close = function (ws) {
    gone(ws)
    if (typeof given.close === 'function') return Reflect.apply(given.close, this, arguments)
  }
  return out
}

/** Sends a close frame on each WebSocket, and later cuts those whose client does not answer. Bun
 * forgets a WebSocket of Bun.serve that it has closed, also one whose client has not read
 * everything yet: that one gets time first. */
function close({ code, reason }) {
  const now = clock()
  for (const ws of [...open]) {
    if (left.has(ws)) continue
    if (!waits.has(ws)) waits.set(ws, now)
    if (unread(ws) && now - waits.get(ws) < ANSWER) continue
    waits.delete(ws)
    left.set(ws, now)
    safely(() => ws.close(code, reason || ''))
  }
  for (const [ws, since] of left) {
    if (ws.readyState !== CLOSED && now - since < ANSWER) continue
    left.delete(ws)
    if (ws.readyState !== CLOSED) safely(() => ws.terminate())
  }
}

/** The bytes that wait for the client of a WebSocket of Bun.serve, or of ws. */
function unread(ws) {
  return typeof ws.getBufferedAmount === 'function' ? ws.getBufferedAmount() : ws.bufferedAmount || 0
}

module.exports = { followed, opened, gone, close, begin: () => waits.clear(), open: () => open.size }
