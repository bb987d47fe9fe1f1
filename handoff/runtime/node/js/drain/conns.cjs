'use strict'
// The connections that this thread's servers have accepted, and how they end in a
// drain. doc.go has the rules.

const net = require('net')
const { channel } = require('diagnostics_channel')
const { EventEmitter } = require('events')
const { clearTimeout, setImmediate, setTimeout } = require('timers') // the program may replace the globals
const { Adoption } = require('../websocket/adopt.cjs')
const { follow, keep } = require('../websocket/client-stream.cjs')
const { Move } = require('../websocket/move.cjs')
const streams = require('./streams.cjs')
const { safely } = require('../safely.cjs')
const { WebSocket } = require('../websocket/websocket.cjs')
const {
  ANSWERS, below, checkHandoff, checkHTTP, closeBehind, currentOf, handleOf, hide, isGone, isOpen, isParsed, own, receiving, serverOf, works,
} = require('../internals.cjs')

const EXPECTED = 1000 // ms in which TLS is negotiated, and in which a request is expected that hotswap cannot give to another process
const LOOK = 20 // ms between two looks while draining

const key = Symbol('hotswap.connection')
const conns = new Set()
const ports = new Map() // at which connections were accepted → the open server that did last, or null
const covered = new WeakSet() // servers
const requests = channel('http.server.request.start') // referenced, because Node 18 collects a channel that nothing references
const clock = performance.now.bind(performance) // the program may replace it

let send = () => {}
let draining = null // of the current order: { websocket, serves }
let sent = '' // the last state that was sent
let timer = null
let adoption = null // of the connection that a server is accepting from another process
let roof = 100 // with more connections or ports, look for those that are gone
let http = null // Node's module, from the first request on

class Conn {
  constructor(server, socket) {
    this.server = server
    this.socket = socket
    this.since = clock() // when the connection became idle, or its newest request began
    this.closing = false // the client knows that no further request is answered
    this.session = null // of HTTP/2
    this.websocket = null
    this.adopted = undefined // { state } of a WebSocket from another process
    this.handshake = false // TLS is being negotiated
  }

  /** The answer that is under way, or undefined. */
  get answer() {
    const r = currentOf(this.socket)
    return r && !r.writableFinished && !r.destroyed ? r : undefined
  }
}

// ---- what happens to the program's servers

/** Has every event of a server pass here, whoever has wrapped its emit before. */
function cover(server) {
  if (!server || covered.has(server)) return
  covered.add(server)
  for (let o = server; o && o !== EventEmitter.prototype; o = Object.getPrototypeOf(o)) {
    const wrapped = o === net.Server.prototype || own(o, 'emit')
    if (wrapped && !wrappers.has(o.emit)) wrap(o)
  }
}

const wrappers = new WeakSet()

function wrap(object) {
  // An inherited emit may be replaced later, as Node's domain does.
  const given = own(object, 'emit') && object.emit
  const emit = function emit(type) {
    const next = given || EventEmitter.prototype.emit
    switch (type) {
      case 'connection':
      case 'secureConnection':
        safely(arrived, this, arguments[1])
        break
      case 'session':
        safely(multiplexed, arguments[1])
        break
      case 'upgrade':
        safely(upgraded, arguments[1], arguments[2], arguments[3])
    }
    return next.apply(this, arguments)
  }
  wrappers.add(emit)
  hide(object, 'emit', emit)
}

function arrived(server, socket) {
  const speaksHTTP = server && 'keepAliveTimeout' in server
  const port = socket && socket.localPort
  if (!socket || (typeof port !== 'number' && !speaksHTTP)) return
  cover(server)
  if (typeof port === 'number') { // hotswap counts the connections of a unix socket by itself
    if (!ports.has(port)) {
      ports.set(port, null)
      send({ type: 'listening', port })
    }
    if (isOpen(server)) ports.set(port, server)
  }
  const plain = below(socket) && below(socket)[key] // TLS: the connection was seen before
  if (plain) conns.delete(plain)
  let c = socket[key]
  if (!c) {
    if (conns.size > roof || ports.size > roof) forgetGone()
    c = new Conn(server, socket)
    hide(socket, key, c)
    conns.add(c)
    socket.on('close', () => safely(gone, c))
    if (adoption && adoption.handle === handleOf(socket)) {
      c.adopted = adoption.adopted
      adoption.meet(socket)
    }
  }
  c.server = server
  c.handshake = !plain && typeof server.setSecureContext === 'function' && !socket.encrypted
}

function forgetGone() {
  for (const c of conns) if (isGone(c.socket)) conns.delete(c)
  for (const [port, server] of ports) if (server && !isOpen(server)) ports.set(port, null)
  roof = 2 * Math.max(conns.size, ports.size) + 100
}

function gone(c) {
  if (c.websocket && c.websocket.move) c.websocket.move.done()
  conns.delete(c)
}

function multiplexed(session) {
  const c = session && session.socket && session.socket[key]
  if (!c) return
  c.session = session
  if (draining) setImmediate(() => draining && safely(look))
}

function upgraded(req, socket, head) {
  const c = socket && socket[key]
  if (!c || c.websocket || !/^websocket$/i.test((req.headers && req.headers.upgrade) || '')) return
  c.websocket = new WebSocket(socket, follow(req, socket, head, c.adopted))
}

/** A request and its answer to be. Node publishes each request once, before the program sees it;
 * the program may emit it again to another server. */
function asked(req, res, socket) {
  const c = socket && socket[key]
  if (!c || !res) return
  if (!http) checkHTTP((http = require('http')))
  streams.follow(req, res)
  if (draining && c.closing) return // the client knows, and will ask elsewhere
  c.since = clock()
  if (draining) sayClose(c, req, res)
}

/** Has an answer say 'Connection: close', if its head is not written yet. Where a part of the request's
 * body is yet to come, a later answer says so: to close before would be a reset, which may cost the
 * client the answer. RFC 9112, section 9.6. A client that did not wait for the answer repeats what it sent behind. */
function sayClose(c, req, res) {
  closeBehind(res, () => {
    if (!draining || res.statusCode === 101 || (!req.complete && hasBody(req))) return false
    c.closing = true
    return true
  })
}

const hasBody = ({ headers }) => 'transfer-encoding' in headers || headers['content-length'] > 0

// ---- draining

function drain(order) {
  const policy = order.websocket
  draining = { websocket: policy, serves: order.serves }
  for (const c of conns) {
    if (!c.websocket || c.websocket.leaving) continue
    if (c.websocket.move && !(policy && policy.keep)) c.websocket.move.cancel()
    if (!policy) c.websocket.closing = null
  }
  for (const c of conns) if (c.answer) sayClose(c, c.answer.req, c.answer)
  sent = ''
  look()
}

function resume() {
  draining = null
  clearTimeout(timer)
  for (const c of conns) {
    if (!c.websocket) continue
    if (c.websocket.move) c.websocket.move.cancel()
    c.websocket.closing = null
  }
}

/** Looks at every connection, ends event streams and WebSockets, and sends the state. */
function look(seq) {
  const now = clock()
  const half = receiving(new Set([...conns].map((c) => c.server)), http && http.Server)
  let busy = 0
  let events = 0
  for (const c of conns) {
    if (isGone(c.socket)) {
      gone(c) // the program may have removed the listener
      continue
    }
    if (c.websocket && !c.websocket.refused) {
      if (closeWebSocket(c.websocket)) busy++
      continue
    }
    if (endStream(c, half)) c.closing = true
    else if (c.answer && streams.isStream(c.answer)) events++
    if (draining && !draining.serves && c.session && !c.session.closed && !c.session.destroyed) c.session.close()
    const working = isWorking(c, half)
    if (working && works(ANSWERS)) c.since = now
    if (working || isExpected(c, now)) busy++
  }
  const state = { type: 'state', connections: conns.size, busy, streams: events }
  const text = JSON.stringify(state)
  if (seq !== undefined) send(Object.assign(state, { seq }))
  else if (text !== sent) send(state)
  sent = text
  if (draining) {
    clearTimeout(timer)
    timer = setTimeout(safely, Math.max(LOOK, 5 * (clock() - now)), look)
    timer.unref()
  }
}

/** Reports whether something is under way on a connection that is no WebSocket. */
function isWorking(c, half) {
  if (c.session) return !c.session.destroyed // until its last stream has ended
  if (!isParsed(c.socket)) return c.socket.writableLength > 0 // the program's own protocol
  if (!works(ANSWERS) && clock() - c.since < EXPECTED) return true
  return c.answer !== undefined || half.has(c.socket)
}

/** Reports whether a connection is about to end, or about to bring a request that hotswap cannot
 * give to another process: the first one, or one over TLS. */
function isExpected(c, now) {
  if (c.session) return false
  if (c.closing) return true // Node ends it when all has left
  return (c.handshake || c.socket.encrypted || c.socket.bytesRead === 0) && now - c.since < EXPECTED
}

/** Moves or closes a WebSocket. Reports whether the drain waits for it. */
function closeWebSocket(w) {
  const policy = draining && draining.websocket
  if (!policy) return false
  if (policy.keep && w.stream && !w.leaving) {
    if (w.move) return true
    w.move = new Move(w, policy, send)
    w.move.begin()
    return true
  }
  w.close(policy.code, policy.reason || '')
  return true
}

/** Ends the event stream that a connection is at. Reports whether it did. */
function endStream(c, half) {
  const { answer } = c
  if (!draining || !draining.websocket || !answer || half.has(c.socket)) return false
  return streams.end(answer, c.socket)
}

// ---- the beginning

function begin(path, socket) {
  const thread = require('../connection.cjs')
  send = thread.connect(path)
  if (keep) checkHandoff(socket)
  requests.subscribe((m) => safely(asked, m.request, m.response, m.socket))
  accepted(socket)
  // The server has announced an HTTP/2 session of this connection before its emit was wrapped.
  safely(() => multiplexed(Reflect.ownKeys(socket).map((k) => socket[k]).find((x) => x && typeof x.goaway === 'function')))
  thread.on('end', resume)
  thread.on('resume', resume)
  thread.on('look', (order) => setImmediate(safely, look, order.seq)) // after what has arrived is read
  thread.on('drain', drain)
  thread.on('take', (order, handle) => {
    adoption = new Adoption(order, handle, send)
    safely(() => adoption.begin(ports.get(order.port)))
    adoption = null
  })
}

/** Node publishes each connection that it accepts, whatever the program does to a
 * server's emit. The emit shows those that the program passes from server to server. */
const accepted = (socket) => arrived(serverOf(socket), socket)

module.exports = { begin, accepted }
