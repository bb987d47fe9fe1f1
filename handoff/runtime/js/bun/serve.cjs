'use strict'
// The servers of this thread: what they are at, and what ends in a drain. doc.go has the rules.

const streams = require('./followed.cjs')
const { copy } = require('./objects.cjs')
const { hide, safely } = require('../common.cjs')
const { endable } = require('./streams.cjs')
const websockets = require('./websockets.cjs')

const { clearTimeout, setTimeout, Promise } = globalThis // the program may replace them

const LATER = 50 // ms from a server's start to what is told of it, so that its first answers come before
const LOOK = 20 // ms between two looks while draining
const LOOKS = 50 // in a second, in which who asks hears that the connection ends; the others' end then

const servers = new Set() // WeakRefs; Bun keeps a server that listens

let send = null // to hotswap; null: this thread has not served yet
let draining = null // the current order
let sent = '' // the last state that was sent
let timer = null
let left = 0 // looks until connections end that nobody uses; 0: they have ended, or do not

/** Has every server that this thread starts pass here, and calls listens() once, LATER. */
function cover(path, listens) {
  const given = Bun.serve
  const tell = ({ port }) => {
    if (port) {
      if (!send) send = require('./thread.cjs').connect(path, { drain, resume, look })
      send({ type: 'listening', port })
    }
    listens?.()
    listens = null
  }
  const serve = {
    serve(options, ...more) {
      const ours = safely(wrapped, options) || options
      const server = Reflect.apply(given, this, [ours, ...more])
      safely(began, server, ours)
      setTimeout(safely, LATER, tell, server).unref()
      return server
    },
  }.serve
  const was = Object.getOwnPropertyDescriptor(Bun, 'serve')
  Object.defineProperty(
    Bun,
    'serve',
    was && 'value' in was
      ? { ...was, value: serve }
      : { value: serve, writable: true, enumerable: true, configurable: true },
  )
}

function began(server, options) {
  if (!server?.port) return // a unix socket
  if (options?.onNodeHTTPRequest) require('./node.cjs').cover(() => draining)
  if ([...servers].some((ref) => ref.deref() === server)) return // bun --hot: the server that there was
  servers.add(new WeakRef(server))
  const given = server.reload
  hide(server, 'reload', function reload(options, ...more) {
    return Reflect.apply(given, this, [safely(wrapped, options) || options, ...more])
  })
}

/** The options of a server whose event streams and WebSockets pass here. In HTTP/2 and HTTP/3 a
 * client comes back on the same connection, so streams stay. */
function wrapped(options) {
  if (!options || typeof options !== 'object') return options
  const out = copy(options)
  if (!options.http2 && !options.http3) {
    if (typeof options.fetch === 'function') out.fetch = handler(options.fetch)
    if (options.routes && typeof options.routes === 'object') out.routes = handlers(options.routes, true)
  }
  if (options.websocket && typeof options.websocket === 'object') out.websocket = websockets.followed(options.websocket)
  return out
}

function handler(given) {
  return function fetch() {
    return passed(arguments[0], Reflect.apply(given, this, arguments))
  }
}

/** What Bun gets in the place of a handler's answer. It says that its connection ends, if it comes while draining. */
function passed(request, answer) {
  if (answer instanceof Promise) return answer.then((response) => passed(request, response))
  const out = endable(request, answer)
  if (draining) safely(() => out?.headers.set('Connection', 'close'))
  return out
}

/** Ends the connections that are between two requests. */
function endIdle() {
  for (const ref of servers) {
    const server = ref.deref()
    if (server) safely(() => server.closeIdleConnections())
  }
}

/** Routes, or the methods of one route. Bun answers by itself where there is no function. */
function handlers(given, nested) {
  const out = copy(given)
  for (const [name, route] of Object.entries(given)) {
    if (typeof route === 'function') out[name] = handler(route)
    else if (nested && route && Object.values(route).some((f) => typeof f === 'function'))
      out[name] = handlers(route, false)
  }
  return out
}

// ---- draining

function drain(order) {
  if (!order.next) left = 0
  else if (!draining) left = LOOKS
  draining = order
  sent = ''
  websockets.begin()
  if (order.websocket?.keep) {
    for (let n = websockets.open(); n > 0; n--) send({ type: 'refused', reason: 'Bun cannot pass a socket' })
  }
  look()
}

function resume() {
  draining = null
  clearTimeout(timer)
}

/** How many requests are being answered, by the program or by Bun. */
function requests() {
  let n = 0
  for (const ref of servers) {
    const server = ref.deref()
    if (server) n += server.pendingRequests
    else servers.delete(ref)
  }
  return n
}

/** Ends what may end, and sends the state. */
function look(seq) {
  const reason = draining?.websocket
  if (reason) {
    streams.end()
    websockets.close(reason)
  }
  const state = { type: 'state', busy: requests() + (reason ? websockets.open() : 0) + (left > 0 ? 1 : 0) }
  const text = JSON.stringify(state)
  if (seq !== undefined) send({ ...state, seq })
  else if (text !== sent) send(state)
  sent = text
  if (!draining || seq !== undefined) return // a look in a drain leaves the next one as it is
  clearTimeout(timer)
  timer = setTimeout(safely, LOOK, again)
  timer.unref()
}

function again() {
  if (left > 0 && --left === 0) endIdle()
  look()
}

module.exports = { cover }
