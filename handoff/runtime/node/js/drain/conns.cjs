'use strict'
// The connections that this thread's servers have accepted, and how they end when
// hotswap says so. See the comment of the package for the rules.

const net = require('net')
const { channel } = require('diagnostics_channel')
const { EventEmitter } = require('events')
const { clearTimeout, setImmediate, setTimeout } = require('timers') // the global ones may be replaced
const { Adoption, recent } = require('../websocket/adopt.cjs')
const { follow, keeps } = require('../websocket/client-stream.cjs')
const { Move } = require('../websocket/move.cjs')
const { WebSocket, hide } = require('../websocket/websocket.cjs')

const HANDSHAKE = 1000 // ms in which TLS is negotiated
const LINGER = 2000 // ms for the rest of a body that the program does not want
const LOOK = 20 // ms between two looks while draining

const key = Symbol('hotswap.connection')
const conns = new Set()
const ports = new Map() // at which connections were accepted: the servers that did
const covered = new WeakSet() // servers
const requests = channel('http.server.request.start') // held, or Node 18 would forget it
const late = new WeakSet() // answers to requests that the program does not know yet
const clock = performance.now.bind(performance) // a program's tests may replace it

let send = () => {}
let draining = null // the order, as far as it matters: { idleMs, websocket }
let told = '' // the state that was sent last
let finished = 0
let closed = 0
let timer = null
let adoption = null // the connection that is being accepted comes from another process
let roof = 100 // so many connections or ports, and it is time to look for lost ones

/** Whatever goes wrong here is not the program's. */
function safely(f, ...args) {
  try {
    return f(...args)
  } catch (e) {
    return undefined // hotswap sees no answer
  }
}

class Conn {
  constructor(server, socket) {
    this.server = server
    this.socket = socket
    this.last = null // a WeakRef to the answer to its newest request: an idle connection keeps none
    this.since = clock() // when it last began to be idle, or its newest request began
    this.working = false // a request was under way at the last look, or has begun since
    this.closing = false // the client was told that no further request is answered
    this.session = null // of HTTP/2
    this.websocket = null
    this.adopted = undefined // { state }: it began in another process
    this.handshake = false // TLS is being negotiated on it
  }

  /** Answers leave in the order of their requests: the newest is enough. */
  get answering() {
    const r = this.newest
    return r !== undefined && !r.writableFinished && !r.destroyed
  }

  get newest() {
    return this.last === null ? undefined : this.last.deref()
  }
}

// ---- what happens to the program's servers

/** From now on every event of a server passes here, whoever wrapped its emit before. */
function cover(server) {
  if (!server || covered.has(server)) return
  covered.add(server)
  for (let o = server; o && o !== EventEmitter.prototype; o = Object.getPrototypeOf(o)) {
    const own = o === net.Server.prototype || Object.prototype.hasOwnProperty.call(o, 'emit')
    if (own && !wrappers.has(o.emit)) wrap(o)
  }
}

const wrappers = new WeakSet()

function wrap(object) {
  // One that is inherited may be replaced yet (Node's domain does).
  const own = Object.prototype.hasOwnProperty.call(object, 'emit') && object.emit
  const emit = function emit(type) {
    const next = own || EventEmitter.prototype.emit
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
        break
      case 'request':
      case 'checkContinue':
      case 'checkExpectation':
        if (draining && safely(putOff, this, next, arguments)) return true
    }
    return next.apply(this, arguments)
  }
  wrappers.add(emit)
  hide(object, 'emit', emit)
}

function arrived(server, socket) {
  if (!socket || typeof socket.localPort !== 'number') return
  cover(server)
  if (!ports.has(socket.localPort)) {
    ports.set(socket.localPort, new Set())
    send({ type: 'listening', port: socket.localPort })
  }
  if (server._handle) ports.get(socket.localPort).add(server)
  const below = socket._parent && socket._parent[key] // TLS: the connection was seen before
  if (below) conns.delete(below)
  let c = socket[key]
  if (!c) {
    if (conns.size > roof || ports.size > roof) tidy()
    c = new Conn(server, socket)
    hide(socket, key, c)
    conns.add(c)
    socket.on('close', left)
    if (adoption && adoption.handle === socket._handle) {
      c.adopted = { state: adoption.order.load.state }
      adoption.meet(socket)
    }
  }
  c.server = server
  c.handshake = !below && typeof server.setSecureContext === 'function' && !socket.encrypted
}

/** A socket that is sent to another process is never closed here. */
const lost = (c) => c.socket.destroyed || !c.socket._handle

function tidy() {
  for (const c of conns) if (lost(c)) conns.delete(c)
  for (const servers of ports.values()) for (const s of servers) if (!s._handle) servers.delete(s)
  roof = 2 * Math.max(conns.size, ports.size) + 100
}

function left() {
  if (this[key]) safely(gone, this[key])
}

function gone(c) {
  if (c.websocket && c.websocket.move) c.websocket.move.done()
  if (!conns.delete(c) || !draining) return
  if (c.websocket && c.websocket.move) c.websocket.move.step() // its slot is free
  if (c.working) finished++
  if (c.closing) closed++
}

function multiplexed(session) {
  const c = session && session.socket && session.socket[key]
  if (!c) return
  c.session = session
  if (draining) soon()
}

function upgraded(req, socket, head) {
  const c = socket && socket[key]
  if (!c || c.websocket || !/^websocket$/i.test((req.headers && req.headers.upgrade) || '')) return
  c.websocket = new WebSocket(socket, follow(req, socket, head, c.adopted))
  if (draining && draining.websocket) c.websocket.dueAt = clock()
}

/** A request, and the answer to be: Node tells of each once, in their order, before
 * the program sees it (which may emit it again, to another of its servers). */
function asked(req, res, socket) {
  const c = socket && socket[key]
  if (!c || !res) return
  if (draining) late.add(res)
  if (draining && c.closing) return // the client knows, and will ask elsewhere
  c.last = new WeakRef(res)
  c.since = clock()
  if (!draining) return
  c.working = true
  announce(c, req, res)
}

/** Whether a request is not for the program, or not yet. Others may follow in the
 * same read (pipelining): only the last is to carry the word. So wait until the loop
 * has read what there is; a next tick may come in the midst of it. */
function putOff(server, next, args) {
  const req = args[1]
  const res = args[2]
  if (!res || !late.delete(res)) return false
  const c = req.socket[key]
  if (c.newest === res) setImmediate(() => next.apply(server, args))
  return true
}

/** Says 'Connection: close' in an answer whose head is not written yet. */
function announce(c, req, res) {
  if (res.headersSent || Object.prototype.hasOwnProperty.call(res, '_storeHeader')) return
  const store = res._storeHeader
  hide(res, '_storeHeader', function _storeHeader(firstLine, headers) {
    try {
      if (draining && c.newest === res && res.statusCode !== 101) {
        if (!req.complete) linger(c.socket, req)
        res.shouldKeepAlive = false
        headers = without(res, headers)
        res._removedConnection = false
        c.closing = true
      }
    } catch (e) {
      // As it was.
    }
    return store.call(this, firstLine, headers)
  })
}

/** Keeps Node, when the answer has been written, from closing before the rest of
 * the request's body has come: the close would become a reset, and the client might
 * lose the answer. RFC 9112, section 9.6. */
function linger(socket, req) {
  const close = socket.destroySoon
  let closed = false
  const now = () => {
    if (closed) return
    closed = true
    delete socket.destroySoon
    close.call(socket)
  }
  hide(socket, 'destroySoon', function destroySoon() {
    if (req.complete || socket.destroyed) return now()
    req.once('end', now) // Node throws away what the program has not read
    setTimeout(now, LINGER).unref()
  })
}

const isConnection = (name) => typeof name === 'string' && /^(connection|keep-alive)$/i.test(name)

/** Headers without what the program says of the connection, in each form that Node's
 * _storeHeader takes: what setHeader has gathered, an object, a list of pairs, a flat
 * list. */
function without(res, headers) {
  if (!headers) return headers
  if (headers === ownSymbol(res, 'kOutHeaders')) {
    // By its identity Node knows that form: it has to stay this object.
    for (const name of Object.keys(headers)) if (isConnection(name)) delete headers[name]
    return headers
  }
  if (!Array.isArray(headers)) {
    const names = Object.keys(headers)
    if (!names.some(isConnection)) return headers
    const out = Object.create(Object.getPrototypeOf(headers))
    for (const name of names) if (!isConnection(name)) out[name] = headers[name]
    return out
  }
  if (Array.isArray(headers[0])) return headers.filter((pair) => !isConnection(pair[0]))
  if (headers.length % 2 > 0) return headers // Node throws
  return headers.filter((_, i) => !isConnection(headers[i - (i % 2)]))
}

// ---- draining

function drain(order) {
  const now = clock()
  const policy = order.websocket
  draining = { idleMs: order.idleMs || 0, websocket: policy }
  let n = 0
  const open = [...conns].filter((c) => c.websocket && !c.websocket.leaving)
  for (const c of open) {
    if (c.websocket.move && !(policy && policy.keep)) c.websocket.move.cancel()
    if (policy) c.websocket.dueAt = now + ((policy.spreadMs || 0) * n++) / open.length
    else c.websocket.forget()
  }
  const partial = receiving()
  for (const c of conns) {
    if (!c.answering && !partial.has(c.socket)) continue
    c.working = true
    if (c.answering && c.newest.req) announce(c, c.newest.req, c.newest)
  }
  told = ''
  look()
}

function resume() {
  draining = null
  clearTimeout(timer)
  for (const c of conns) {
    if (!c.websocket) continue
    if (c.websocket.move) c.websocket.move.cancel()
    c.websocket.forget()
  }
}

/** Looks at every connection, ends what is to end, and says how it stands. */
function look(seq) {
  const now = clock()
  const partial = receiving()
  const parked = []
  let busy = 0
  let websockets = 0
  for (const c of conns) {
    if (lost(c)) {
      gone(c) // or somebody took all listeners off
      continue
    }
    const was = c.working
    if (c.websocket && !c.websocket.refused) {
      websockets++
      if (farewell(c.websocket, now)) busy++
      continue
    }
    if (draining && c.session && !c.session.closed && !c.session.destroyed) c.session.close()
    switch (stands(c, now, partial)) {
      case 'busy':
        c.working = true
        c.since = now
        busy++
        break
      case 'expected':
        busy++
        c.working = false
        break
      case 'parked':
        parked.push(c)
        c.working = false
        break
      default:
        c.working = false
    }
    if (was && !c.working) finished++
  }
  if (draining && parked.length > 0) setImmediate(safely, end, parked)
  const state = { type: 'state', connections: conns.size, busy, websockets, finished, closed }
  const text = JSON.stringify(state)
  if (seq !== undefined) send(Object.assign(state, { seq }))
  else if (text !== told) send(state)
  told = text
  if (draining) {
    clearTimeout(timer)
    timer = setTimeout(safely, Math.max(LOOK, 5 * (clock() - now)), look)
    timer.unref()
  }
}

function soon() {
  setImmediate(() => draining && safely(look))
}

/** How it stands with a connection that is no WebSocket. */
function stands(c, now, partial) {
  const s = c.socket
  if (c.session) return c.session.destroyed ? '' : 'busy' // until its last stream has ended
  if (!s.parser) {
    // Plain: the program's own. But the other side of a handshake will speak.
    if (c.handshake && now - c.since < HANDSHAKE) return 'expected'
    return s.writableLength > 0 ? 'busy' : ''
  }
  if (c.answering || partial.has(s)) return 'busy'
  if (c.closing) return 'expected' // Node ends it when all has left
  if (!draining || !draining.idleMs) return ''
  return now - c.since < draining.idleMs ? 'expected' : 'parked'
}

/** Tells a WebSocket that is due; true: it is waited for. */
function farewell(w, now) {
  const policy = draining && draining.websocket
  if (!policy) return false
  if (!w.dueAt) w.dueAt = now
  if (policy.keep && w.kept && !w.leaving) {
    if (w.move || (w.kept.stays && w.dueAt > now)) return true
    w.move = new Move(w, policy, send)
    w.move.begin()
    return true
  }
  if (w.dueAt <= now) w.tell(policy.code, policy.reason || '')
  return true
}

/** Ends connections on which no request is expected. It runs right after the
 * loop has read what there was to read. */
function end(parked) {
  if (!draining) return
  const partial = receiving()
  for (const c of parked) {
    if (c.socket.destroyed || stands(c, clock(), partial) !== 'parked') continue
    c.closing = true
    // Not half of it: a request that comes in this instant must be refused, not be
    // carried out without an answer.
    if (c.socket.encrypted) c.socket.destroySoon()
    else c.socket.destroy()
  }
}

/** The sockets on which a part of a request has come: Node's own list of them. */
function receiving() {
  const out = new Set()
  for (const server of new Set([...conns].map((c) => c.server))) {
    const list = listOf(server)
    if (!list) continue
    for (const parser of list.active()) {
      // A new connection is among them from the first, without a byte.
      if (parser.socket && parser.socket.bytesRead > 0) out.add(parser.socket)
    }
  }
  return out
}

function listOf(server) {
  const list = ownSymbol(server, 'http.server.connections')
  return list && typeof list.active === 'function' ? list : null
}

/** What Node itself keeps on an object under a symbol of its own. */
function ownSymbol(object, name) {
  const symbol = Object.getOwnPropertySymbols(object || {}).find((s) => s.description === name)
  return symbol && object[symbol]
}

// ---- the beginning

function begin(path, socket) {
  const thread = require('../connection.cjs')
  send = thread.connect(path)
  requests.subscribe((m) => safely(asked, m.request, m.response, m.socket))
  accepted(socket)
  // Of this one connection the server has told before its emit was wrapped.
  safely(() => multiplexed(Reflect.ownKeys(socket).map((k) => socket[k]).find((x) => x && typeof x.goaway === 'function')))
  thread.on('end', () => safely(resume))
  thread.on('resume', () => safely(resume))
  thread.on('look', (order) => setImmediate(safely, look, order.seq)) // what has come is read before
  thread.on('drain', (order) => safely(drain, order))
  thread.on('take', (order, handle) => {
    adoption = new Adoption(order, handle, send)
    safely(() => adoption.begin([...(ports.get(order.port) || [])]))
    adoption = null
  })
  if (keeps()) require('../websocket/api.cjs').serve((s) => s && s[key] && s[key].websocket && s[key].websocket.kept)
}

/** Whatever becomes of a server's emit, Node tells of each connection that it has
 * accepted; the emit tells of those that the program passes from one server to another. */
function accepted(socket) {
  arrived(socket.server || socket._server, socket)
}

/** Whether some request waits for its answer, or a WebSocket is on its way. */
function busy() {
  for (const c of conns) if (c.answering || (c.websocket && c.websocket.move)) return true
  return recent()
}

module.exports = { begin, accepted, busy }
