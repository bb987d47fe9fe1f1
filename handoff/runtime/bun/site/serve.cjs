'use strict'
// The servers of this thread, and how their connections end in a drain. doc.go has the rules.

const { Calm } = require('./calm.cjs')
const streams = require('./followed.cjs')
const { copy } = require('./copy.cjs')
const { hide } = require('./hide.cjs')
const { spoken } = require('./static.cjs')
const { endable } = require('./streams.cjs')

const clock = performance.now.bind(performance) // the program may replace it
const { clearTimeout, setImmediate, setTimeout } = globalThis
const { Response } = globalThis

const ANSWER = 2000 // ms for the client of a WebSocket to read what it was sent, and to answer a close frame
const CLOSED = 3 // a WebSocket's readyState
const FIRST = 100 // ms for the first request on a connection that was accepted right before a drain
const LOOK = 20 // ms between two looks while draining

const servers = new Set() // WeakRefs; Bun keeps a server that listens
const states = new WeakMap() // server → { reload, options, speaks }
const websockets = new Set() // that the program may still write to
const ports = new Set() // that hotswap knows

let send = null // to hotswap; null: this thread has not served yet
let draining = null // the current order: { idleMs, websocket }
let quiet = 0 // when the drain began, or a client last did what may leave its connection open
let untold = 0 // at most so many requests are being answered without 'Connection: close'
let parted = false // idle connections were ended since
const due = new Map() // WebSockets to close, and when
const left = new Map() // WebSockets whose close frame was sent, and when they are cut
let arrived = 0 // requests of this drain
let closed = 0
let upgraded = 0 // requests that became WebSockets
let pending = 0 // requests, at the last look of a drain
let sent = '' // the last state that was sent
let timer = null

const calm = new Calm(() => underWay().requests)

/** Keeps the adapter's errors from the program. */
function safely(f, ...args) {
  try {
    return f(...args)
  } catch (e) {
    return undefined // hotswap gets no answer
  }
}

/** Has every server that this thread starts pass here, and calls listens() behind the first. */
function cover(path, listens) {
  const given = Bun.serve
  let first = () => {
    first = () => {}
    listens()
  }
  const serve = {
    serve(options, ...more) {
      const ours = safely(wrapped, options) || options
      const server = Reflect.apply(given, this, [ours, ...more])
      safely(began, server, path, ours)
      safely(first)
      return server
    },
  }.serve
  const was = Object.getOwnPropertyDescriptor(Bun, 'serve')
  Object.defineProperty(Bun, 'serve', was && 'value' in was ? { ...was, value: serve } : { value: serve, writable: true, enumerable: true, configurable: true })
}

function began(server, path, options) {
  if (!server || typeof server.port !== 'number') return // a unix socket
  if (options && options.onNodeHTTPRequest) require('./node.cjs').cover({ asked, opened, closed: gone })
  if (!send) send = require('./orders.cjs').open(path, { drain, resume, look })
  if (states.has(server)) { // bun --hot: the server that there was
    Object.assign(states.get(server), { options, speaks: false })
  } else {
    servers.add(new WeakRef(server))
    follow(server, options)
  }
  // At a port that is named the adapter speaks for all connections of the process. It cannot
  // end those of HTTP/2, and workers have no adapter.
  if (!options.reusePort && !options.http2 && !ports.has(server.port)) {
    ports.add(server.port)
    send({ type: 'listening', port: server.port })
  }
}

/** Has the options of a reload pass here. */
function follow(server, options) {
  const given = server.reload
  const state = { reload: given, options, speaks: false }
  states.set(server, state)
  hide(server, 'reload', function reload(options, ...more) {
    const ours = safely(wrapped, options) || options
    const done = Reflect.apply(given, this, [ours, ...more])
    Object.assign(state, { options: ours, speaks: false })
    if (draining) safely(speak, server)
    return done
  })
}

/** The options of a server with handlers that pass here. */
function wrapped(options) {
  if (!options || typeof options !== 'object') return options
  calm.never ||= !!options.tls // a client in its handshake is about to ask
  const out = copy(options)
  const says = !options.http2 && !options.http3 // these have no Connection header
  if (typeof options.fetch === 'function') out.fetch = handler(options.fetch, says)
  if (options.routes && typeof options.routes === 'object') out.routes = routes(options.routes, says)
  if (typeof options.error === 'function' && says) out.error = failing(options.error)
  if (options.websocket && typeof options.websocket === 'object') out.websocket = followed(options.websocket)
  return out
}

/** A handler whose requests are counted, and whose answers say that their connection ends, if
 * the protocol can and a drain is under way. */
function handler(given, says) {
  return function fetch() {
    calm.request()
    if (draining) note()
    const before = upgraded
    let answer
    try {
      answer = Reflect.apply(given, this, arguments)
    } catch (e) {
      kept() // Bun may answer by itself
      throw e
    }
    if (says) answer = endable(arguments[0], answer)
    return draining && says && upgraded === before ? last(answer) : answer
  }
}

/** The handler that answers where another one has thrown. */
function failing(given) {
  return function error() {
    const answer = Reflect.apply(given, this, arguments)
    return draining ? last(answer) : answer
  }
}

const METHODS = /^(GET|HEAD|POST|PUT|DELETE|PATCH|OPTIONS)$/

/** Routes, whose functions pass here. Bun answers with a Response or a file by itself. */
function routes(given, says) {
  const out = Object.assign(Object.create(Object.getPrototypeOf(given)), given)
  for (const path of Object.keys(given)) {
    const route = given[path]
    calm.never ||= typeof route !== 'function' // Bun may answer by itself
    if (typeof route === 'function') out[path] = handler(route, says)
    else if (route && typeof route === 'object' && Object.keys(route).some((name) => METHODS.test(name) && typeof route[name] === 'function')) {
      out[path] = Object.assign(Object.create(Object.getPrototypeOf(route)), route)
      for (const name of Object.keys(route)) if (METHODS.test(name) && typeof route[name] === 'function') out[path][name] = handler(route[name], says)
    }
  }
  return out
}

/** The handlers of a server's WebSockets, which tell which of them are open. */
function followed(given) {
  const out = copy(given)
  out.open = function open(ws) {
    opened(ws)
    if (typeof given.open === 'function') return Reflect.apply(given.open, this, arguments)
  }
  out.close = function close(ws) {
    gone(ws)
    if (typeof given.close === 'function') return Reflect.apply(given.close, this, arguments)
  }
  return out
}

function opened(ws) {
  upgraded++
  websockets.add(ws)
  if (draining && draining.websocket) due.set(ws, clock())
}

function gone(ws) {
  websockets.delete(ws)
  due.delete(ws)
}

// ---- draining

/** A request of node:http. */
function asked(request, response) {
  calm.request()
  safely(require('./answers.cjs').follow, request, response)
  if (!draining) return
  note()
  kept() // the program may write another Connection header
  if (response && !response.headersSent) response.setHeader('Connection', 'close')
}

/** Notes a request of a drain. */
function note() {
  arrived++
  if (safely(unsure) !== false) awake()
}

/** Notes an answer of a drain behind which the connection may stay open. */
function kept() {
  if (!draining) return
  untold++
  awake()
}

/** Has the wait for silence begin anew. */
function awake() {
  quiet = clock()
  parted = false
}

/** Reports whether a request that begins or ends may leave a connection open. It does not where
 * all that are being answered began in this drain, and their answers say that the connection ends. */
function unsure() {
  if (untold > 0) return true
  for (const ref of servers) if (ref.deref() && !tells(states.get(ref.deref()))) return true
  return false
}

/** Reports whether all answers of a server pass here. */
function tells({ options, speaks }) {
  const { fetch, routes, tls, http2, http3 } = options
  const passes = (route) => typeof route === 'function' || !!route && typeof route === 'object' && Object.values(route).every((f) => typeof f === 'function')
  return typeof fetch === 'function' && !tls && !http2 && !http3 && !options.static && (speaks || !routes || Object.values(routes).every(passes))
}

/** Has the client know that its connection ends with the answer. */
function last(answer) {
  if (!answer || answer instanceof Response || typeof answer.then !== 'function') return told(answer)
  return answer.then(told, (why) => {
    kept() // Bun may answer by itself
    throw why
  })
}

function told(answer) {
  const out = safely(ending, answer)
  if (!out) kept()
  return out || answer
}

/** The answer with the header, or undefined if it cannot have one. */
function ending(response) {
  if (!(response instanceof Response) || response.status === 101) return undefined
  if (!draining) return response
  try {
    response.headers.set('Connection', 'close')
    return response
  } catch (e) {
    const headers = new Headers(response.headers)
    headers.set('Connection', 'close')
    return new Response(response.body, { status: response.status, statusText: response.statusText, headers })
  }
}

/** Has a server pass here what it answers by itself, or not any more. */
function speak(server, does = true) {
  const s = states.get(server)
  if (!s || s.speaks === does || !s.options.routes || s.options.http2 || s.options.http3 || s.options.tls) return
  const routes = does ? spoken(s.options.routes, (answer) => (note(), last(answer))) : s.options.routes
  if (!routes) return
  s.speaks = does
  Reflect.apply(s.reload, server, [Object.assign(copy(s.options), { routes })])
}

function each(f, ...args) {
  for (const ref of servers) if (ref.deref()) safely(f, ref.deref(), ...args)
}

function drain(order) {
  const now = clock()
  const policy = order.websocket || null
  draining = { idleMs: order.idleMs || 0, websocket: policy }
  quiet = calm.now ? now + FIRST - draining.idleMs : now
  untold = pending = underWay().requests
  parted = false
  due.clear()
  if (policy) {
    const open = [...websockets].filter((ws) => !left.has(ws))
    for (const ws of open) due.set(ws, now)
    if (policy.keep) open.forEach(() => send({ type: 'refused', reason: 'Bun cannot pass a socket' }))
  }
  sent = ''
  each(speak)
  look()
}

function resume() {
  if (draining) each(speak, false)
  draining = null
  due.clear()
  clearTimeout(timer)
}

/** The requests that are being answered, and the open WebSockets. */
function underWay() {
  let requests = 0
  let open = 0
  for (const ref of servers) {
    const server = ref.deref()
    if (!server) servers.delete(ref)
    requests += server ? server.pendingRequests : 0
    open += server ? server.pendingWebSockets : 0
  }
  return { requests, open }
}

/** Ends what may end, and sends the state. */
function look(seq) {
  const now = clock()
  let events = 0
  if (draining) closeWebSockets(now)
  if (draining && draining.websocket) events = streams.end()
  const { requests, open } = underWay()
  if (requests !== pending) {
    if (safely(unsure) !== false) awake() // where a request has ended, the client may send another one
    pending = requests
  }
  untold = Math.min(untold, requests)
  if (draining && draining.idleMs && !parted && now - quiet >= draining.idleMs) read(part, arrived)
  // Bun does not say how many connections have no request.
  const idle = servers.size > 0 && !parted ? 1 : 0
  // Not those that nobody can close, as of Bun's own reload of pages.
  const busy = requests + (draining && draining.websocket ? websockets.size : 0) + (draining && draining.idleMs ? idle : 0)
  const state = { type: 'state', connections: requests + open + idle, busy, websockets: open, streams: Math.min(events, requests), idle, finished: Math.max(arrived - requests, 0), closed }
  const text = JSON.stringify(state)
  if (seq !== undefined) send({ ...state, seq })
  else if (text !== sent) send(state)
  sent = text
  if (draining) {
    clearTimeout(timer)
    timer = setTimeout(safely, LOOK, look)
    timer.unref()
  }
}

/** Closes what is due. Bun forgets a WebSocket that it has closed, also one whose client has not
 * read everything yet: that one gets time first. */
function closeWebSockets(now) {
  for (const [ws, at] of due) {
    if (at > now || (unread(ws) && at + ANSWER > now)) continue
    due.delete(ws)
    left.set(ws, now + ANSWER)
    closed++
    const { code, reason } = draining.websocket
    safely(() => ws.close(code, reason || ''))
  }
  for (const [ws, at] of left) {
    if (ws.readyState !== CLOSED && at > now) continue
    left.delete(ws)
    if (ws.readyState !== CLOSED) safely(() => ws.terminate())
  }
}

/** The bytes that wait for the client of a WebSocket of Bun.serve, or of ws. */
function unread(ws) {
  return typeof ws.getBufferedAmount === 'function' ? ws.getBufferedAmount() : ws.bufferedAmount || 0
}

/** Calls f when the event loop has read everything. Bun calls what a timer gives to setImmediate
 * before it reads, and what that gives to setImmediate behind it. */
function read(f, ...args) {
  setImmediate(() => setImmediate(safely, f, ...args))
}

/** Ends connections on which no request is expected, unless one has been read since before:
 * while it was answered, others may have arrived. */
function part(before) {
  if (!draining || !draining.idleMs || arrived !== before || clock() - quiet < draining.idleMs) return
  parted = true
  for (const ref of servers) {
    const server = ref.deref()
    if (server && typeof server.closeIdleConnections === 'function') closed += server.closeIdleConnections()
  }
}

module.exports = { cover }
