'use strict'
// A connection of HTTP/1 moves to another process between two requests: this process stops reading, and gives the
// descriptor away. What has arrived unread stays in the kernel, and so do the client's address and the order of its
// requests. The server in the other process accepts the connection as if the client had just come.

const {
  CONNECTIONS,
  accept,
  currentOf,
  handleOf,
  isOpen,
  isParsed,
  isPlain,
  isQuiet,
  listOf,
  muteEnd,
  pauseRead,
  postponeClose,
  resumeRead,
  unmuteEnd,
  works,
} = require('../internals.cjs')
const { reason } = require('../common.cjs')

const now = Date.now.bind(Date) // the program may replace it

/** Reports whether a connection may move at all. */
function may(c) {
  if (!c.whole || c.at === '' || c.stays || c.session || c.websocket || c.continued || !works(CONNECTIONS)) return false
  return isParsed(c.socket) && isPlain(c.socket) && listOf(c.server) !== undefined
}

/** Reports whether a connection is between two requests: nothing of a request has arrived that is not answered, and
 * nothing of an answer is left. half has those on which a part of a request has arrived. */
const isBetween = (c, half) => !currentOf(c.socket) && !half.has(c.socket) && isQuiet(c.socket)

const MOST = 64 // connections that hotswap is to get at once, because each needs a descriptor there
let given = 0

/** Hands a connection over, unless many are on their way. Calls back() when none is, or if hotswap has not got this one: it goes
 * on here. */
function give(c, send, back) {
  if (given === MOST) return
  given++
  const { socket } = c
  const handle = handleOf(socket)
  c.leaving = true
  pauseRead(handle)
  muteEnd(handle)
  const allowClose = postponeClose(handle)
  send({ type: 'move', at: c.at }, handle, (error) => {
    given--
    const closed = allowClose() // by the program
    if (!error && !closed) socket.destroy()
    else if (!closed) {
      c.leaving = false
      c.stays = true
      unmuteEnd(handle)
      resumeRead(handle)
    }
    if (error || given === 0) back()
  })
}

/** Why this process cannot take a socket that another process has given away, or ''. */
function unfit(order, handle, server) {
  if (!handle) return 'the socket did not arrive'
  if (!works(CONNECTIONS)) return 'this version of Node is not known'
  if (!server || !isOpen(server)) return 'no server listens there'
  return now() >= order.untilMs ? 'it came too late' : ''
}

/** Has a server accept a connection that another process has given away. of() returns the connection when the server
 * has accepted it. Returns why it has not, or ''. */
function accepts(order, handle, server, of) {
  const why = unfit(order, handle, server)
  if (why && handle) handle.close()
  if (why) return why
  try {
    accept(server, handle)
    const c = of()
    if (!c) return 'the server does not accept it'
    rest(c)
    return ''
  } catch (e) {
    const c = of() // of which the program may have thrown: another process reads it now
    if (c) c.socket.destroy()
    else handle.close()
    return `the adapter failed: ${reason(e)}`
  }
}

/** Has a connection wait for its next request as long as the server waits behind an answer, and not so long that
 * Node answers the silence with a status (headersTimeout, requestTimeout). */
function rest(c) {
  const { keepAliveTimeout, keepAliveTimeoutBuffer, headersTimeout, requestTimeout } = c.server
  const limits = [headersTimeout, requestTimeout].filter((ms) => ms > 0).map((ms) => Math.max(ms - 500, ms / 2))
  const ms = Math.min(keepAliveTimeout > 0 ? keepAliveTimeout + (keepAliveTimeoutBuffer || 0) : Infinity, ...limits)
  if (ms < Infinity) c.socket.setTimeout(ms)
}

module.exports = { may, isBetween, give, unfit, accepts }
