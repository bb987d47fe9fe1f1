'use strict'
// The connections that this thread's servers have accepted, and how they end in a
// drain. doc.go has the rules.

const net = require('net')
const { channel } = require('diagnostics_channel')
const { EventEmitter } = require('events')
const { nextTick } = process
const { Adoption } = require('../websocket/adopt.cjs')
const { follow } = require('../websocket/client-stream.cjs')
const { Move } = require('../websocket/move.cjs')
const moving = require('./moving.cjs')
const streams = require('./streams.cjs')
const { clock, hide, safely } = require('../common.cjs')
const { WebSocket } = require('../websocket/websocket.cjs')
const {
  CONNECTIONS,
  below,
  checkHandoff,
  checkHTTP,
  closeBehind,
  currentOf,
  handleOf,
  isGone,
  isOpen,
  isParsed,
  own,
  placeOf,
  receiving,
  serverOf,
  timers,
  unsent,
  works,
} = require('../internals.cjs')

const { clearTimeout, setImmediate, setTimeout } = timers

const EXPECTED = 1000 // ms in which TLS is negotiated, and in which a request is expected that hotswap cannot give to another process, or the next byte without HTTP
const FLOWS = 15000 // ms after which an answer of which nothing has left, or a request of which nothing has come, does not flow
const LOOK = 20 // ms between two looks while draining

const key = Symbol('hotswap.connection')
const conns = new Set()
const places = new Map() // at which connections were accepted → the open server that did last, or null
const ports = new Set() // local, of these connections
const covered = new WeakSet() // servers
const requests = channel('http.server.request.start') // referenced, because some versions of Node collect a channel that nothing references
const answers = channel('http.server.response.finish')

let send = () => {}
let draining = null // the current order
let sent = '' // the last state that was sent
let timer = null
let checked = false // what a handover needs
let adoption = null // of the WebSocket that a server is accepting from another process
let arrival = null // the same of a connection between two requests
let roof = 100 // with more connections or ports, look for those that are gone
let asking = false // a request has come

class Conn {
  constructor(server, socket) {
    this.server = server
    this.socket = socket
    this.since = clock() // when the connection became idle, its newest request began, or bytes without HTTP last came or left
    this.closing = false // the client knows that no further request is answered
    this.session = null // of HTTP/2
    this.websocket = null
    this.continued = undefined // { state } of a WebSocket from another process
    this.handshake = false // TLS is being negotiated
    this.at = '' // the place at which its server listens
    this.whole = false // every byte that has come went to Node's parser of HTTP/1
    this.stays = false // it has come back from hotswap, because no other process has taken it
    this.leaving = false // it is handed over
    this.adopted = 0 // the number by which it came from another process; 0: it has brought a request since
    this.passed = -1 // bytes that had left, or come of a request or without HTTP, when the adapter looked last; -1: it has not looked since the request came
    this.flowed = 0 // when that number grew
    this.written = -1 // bytes without HTTP that had left then
    this.asks = false // the newest bytes without HTTP came from the client
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
  const port = socket?.localPort
  if (!socket || (typeof port !== 'number' && !speaksHTTP)) return
  cover(server)
  const plain = below(socket) && below(socket)[key] // TLS: the connection was seen before
  if (plain) conns.delete(plain)
  let c = socket[key]
  if (!c) {
    if (conns.size > roof || places.size > roof) forgetGone()
    c = new Conn(server, socket)
    hide(socket, key, c)
    conns.add(c)
    if (draining && conns.size === 1) soon(LOOK)
    socket.on('close', () => safely(gone, c))
    c.at = plain ? plain.at : placeOf(serverOf(socket) || server)
    listens(serverOf(socket) || server, c.at, port)
    if (adoption && adoption.handle === handleOf(socket)) {
      c.continued = adoption.adopted
      adoption.meet(socket)
    }
    if (arrival && arrival.handle === handleOf(socket)) {
      arrival.conn = c
      c.stays = arrival.stays
      c.adopted = arrival.id
    }
  }
  c.server = server
  c.handshake = !plain && typeof server.setSecureContext === 'function' && !socket.encrypted
}

/** Notes where a server listens, and tells hotswap before the first byte is read. */
function listens(server, at, port) {
  const known = places.has(at) && (port === undefined || ports.has(port))
  if (!known && (at !== '' || port !== undefined)) send({ type: 'listening', port, at })
  ports.add(port)
  places.set(at, isOpen(server) ? server : places.get(at) || null)
}

function forgetGone() {
  for (const c of conns) if (isGone(c.socket)) conns.delete(c)
  for (const [at, server] of places) if (server && !isOpen(server)) places.set(at, null)
  roof = 2 * Math.max(conns.size, places.size) + 100
}

/** A request has come, or the connection has closed: hotswap needs its duplicate no longer, which would hide the end
 * from the client. */
function owned(c) {
  if (!c.adopted) return
  send({ type: 'owned', id: c.adopted })
  c.adopted = 0
  c.socket.setTimeout(c.server.timeout || 0) // behind rest()
}

function gone(c) {
  owned(c)
  c.websocket?.move?.done()
  conns.delete(c)
}

function multiplexed(session) {
  const c = session?.socket?.[key]
  if (!c) return
  c.session = session
  if (draining) setImmediate(() => draining && safely(look))
}

function upgraded(req, socket, head) {
  const c = socket && socket[key]
  if (!c || c.websocket || !/^websocket$/i.test(req.headers?.upgrade || '')) return
  c.websocket = new WebSocket(socket, follow(req, socket, head, c.continued), c.at)
}

/** A request and its answer to be. Node publishes each request once, before the program sees it;
 * the program may emit it again to another server. */
function asked(req, res, socket) {
  const c = socket && socket[key]
  if (!c || !res) return
  if (!asking) checkHTTP(require('http'), c.server)
  asking = true
  streams.follow(req, res)
  if (draining && c.closing) return // the client knows, and will ask elsewhere
  c.since = clock()
  c.passed = -1
  owned(c)
  if (draining && !moves(c)) sayClose(c, req, res)
}

/** Node publishes that an answer has left before it lets go of it. */
const answered = ({ socket }) => socket && socket[key] && nextTick(safely, leave, socket[key])

/** Reports whether hotswap gives the connection to another process when it is between two requests. */
const moves = (c) => draining !== null && draining.moves === true && moving.may(c)

/** Hands a connection over that is between two requests. half has those on which a part of a request has arrived.
 * Reports whether it leaves. */
function leave(c, half) {
  if (c.leaving) return true
  if (!moves(c) || c.answer || isGone(c.socket) || !moving.isBetween(c, half || receiving([c.server]))) return false
  moving.give(c, send, () => draining && safely(look))
  return true
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
  if (!draining) answers.subscribe(answered)
  draining = order
  for (const c of conns) {
    if (!c.websocket || c.websocket.leaving) continue
    if (c.websocket.move && !policy?.keep) c.websocket.move.cancel()
    if (!policy) c.websocket.closing = null
  }
  for (const c of conns) if (c.answer && !moves(c)) sayClose(c, c.answer.req, c.answer)
  sent = ''
  look()
}

function resume() {
  if (draining) answers.unsubscribe(answered)
  draining = null
  clearTimeout(timer)
  for (const c of conns) {
    c.stays = false
    if (!c.websocket) continue
    if (c.websocket.move) c.websocket.move.cancel()
    c.websocket.closing = null
  }
}

/** Looks at every connection, hands over or ends what may go, and sends the state. */
function look(seq) {
  const now = clock()
  const half = receiving(new Set([...conns].map((c) => c.server)))
  const state = { type: 'state', connections: conns.size, busy: 0, streams: 0, flowing: 0, stays: 0 }
  for (const c of conns) {
    if (isGone(c.socket)) {
      gone(c) // the program may have removed the listener
      continue
    }
    if (c.websocket && !c.websocket.refused) {
      if (closeWebSocket(c.websocket)) state.busy++
      continue
    }
    if (leave(c, half)) {
      state.busy++
      continue
    }
    if (endStream(c, half)) c.closing = true
    else if (c.answer && streams.isStream(c.answer)) state.streams++
    if (draining && !draining.serves && c.session && !c.session.closed && !c.session.destroyed) c.session.close()
    const working = isWorking(c, half)
    if (working && works(CONNECTIONS)) c.since = now
    if (working || isExpected(c, now)) state.busy++
    if (working && flows(c, now)) state.flowing++
    if (!c.closing && !moves(c)) state.stays++
  }
  state.connections = conns.size
  const text = JSON.stringify(state)
  if (seq !== undefined) send(Object.assign(state, { seq }))
  else if (text !== sent) send(state)
  sent = text
  if (draining) soon(Math.max(LOOK, 5 * (clock() - now)))
}

/** Looks again after some ms. Without a connection there is nothing to look at: that would only wake the process. */
function soon(ms) {
  clearTimeout(timer)
  if (conns.size > 0) timer = setTimeout(safely, ms, look).unref()
}

/** Reports whether a part of an answer has left a moment ago, or one of a request has been read. */
function flows(c, now) {
  const { answer } = c
  const uploads = c.session || (answer && !answer.req.complete)
  if (!uploads && !answer?.headersSent) return false
  const passed = c.socket.bytesWritten - unsent(c.socket) + (uploads ? c.socket.bytesRead : 0)
  if (passed !== c.passed) c.flowed = now
  c.passed = passed
  return now - c.flowed < FLOWS
}

/** Reports whether something is under way on a connection that is no WebSocket. */
function isWorking(c, half) {
  if (c.session) return !c.session.destroyed // until its last stream has ended
  if (!isParsed(c.socket)) return speaks(c)
  if (!works(CONNECTIONS) && clock() - c.since < EXPECTED) return true
  return c.answer !== undefined || half.has(c.socket)
}

/** Reports whether the client of another protocol spoke last, or bytes have come or left since the adapter looked last. */
function speaks(c) {
  const { bytesRead, bytesWritten, writableLength } = c.socket
  const spoke = bytesRead + bytesWritten !== c.passed
  if (spoke)
    Object.assign(c, {
      since: clock(),
      asks: bytesWritten === c.written,
      passed: bytesRead + bytesWritten,
      written: bytesWritten,
    })
  return spoke || c.asks || writableLength > 0
}

/** Reports whether a connection is about to end, or to bring its first request, one whose answer can say that it ends, or more without HTTP. */
function isExpected(c, now) {
  if (c.session) return false
  if (c.closing) return true // Node ends it when all has left
  const stays = draining !== null && draining.next === true && !moves(c)
  return (
    (stays || !isParsed(c.socket) || c.handshake || c.socket.encrypted || c.socket.bytesRead === 0) &&
    now - c.since < EXPECTED
  )
}

/** Moves or closes a WebSocket. Reports whether the drain waits for it. */
function closeWebSocket(w) {
  const policy = draining?.websocket
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

/** Follows the connections of this thread; socket is the first one, or null if none has come yet. */
function begin(path, socket) {
  const thread = require('../connection.cjs')
  send = thread.connect(path)
  requests.subscribe((m) => safely(asked, m.request, m.response, m.socket))
  if (socket) {
    accepted(socket)
    // The server has announced an HTTP/2 session of this connection before its emit was wrapped.
    safely(() =>
      multiplexed(
        Reflect.ownKeys(socket)
          .map((k) => socket[k])
          .find((x) => x && typeof x.goaway === 'function'),
      ),
    )
  }
  thread.on('end', resume)
  thread.on('resume', resume)
  thread.on('look', (order) => setImmediate(safely, look, order.seq)) // after what has arrived is read
  thread.on('drain', drain)
  thread.on('take', (order, handle) => {
    adoption = new Adoption(order, handle, send)
    safely(() => adoption.begin(places.get(order.at)))
    adoption = null
  })
  thread.on('conn', (order, handle) => {
    arrival = { handle, id: order.id, stays: order.stays === true, conn: null }
    const why = moving.accepts(order, handle, places.get(order.at), () => arrival.conn)
    arrival = null
    send(why ? { type: 'taken', id: order.id, error: why } : { type: 'taken', id: order.id })
  })
}

/** Node publishes each connection that it accepts, whatever the program does to a
 * server's emit. The emit shows those that the program passes from server to server. */
function accepted(socket) {
  if (!checked) checkHandoff(socket)
  checked = true
  arrived(serverOf(socket), socket)
  const c = socket[key]
  if (!c) return
  c.whole = isParsed(socket) && socket.bytesRead === 0 // else something reads before the parser, as that of a PROXY line
  leave(c)
}

/** Names the place of a server that has no connection yet. */
function opened(server) {
  cover(server)
  listens(server, placeOf(server), server.address().port)
}

module.exports = { begin, accepted, opened }
