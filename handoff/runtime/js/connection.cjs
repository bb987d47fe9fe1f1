'use strict'
// This thread's one connection to hotswap, and the handlers of hotswap's messages.

const { safely } = require('./common.cjs')
const { reportTo } = require('./internals.cjs')

const handlers = new Map() // type of message → functions
let send = null
let draining = null // the current drain order, for a handler that is registered later

/** Returns the function that sends a message; hello has been sent. checks says whether the thread obeys the order check. */
function connect(path, checks = true) {
  if (send) return send
  const { threadId } = require('worker_threads')
  let modules = null // referenced here, because a program may empty require's cache
  on('files', (order) => {
    modules = modules || require('./modules/modules.cjs')
    modules.tell(send, order)
  })
  on(
    'check',
    (order) =>
      void require('./modules/check.cjs')
        .check(send, order)
        .catch(() => {}),
  ) // hotswap goes on without
  send = require('./transport.cjs').open(path, dispatch, true)
  const began = Math.round(performance.timeOrigin)
  send({
    type: 'hello',
    version: 1,
    pid: process.pid,
    thread: threadId,
    checks,
    runtime: process.versions.node,
    began,
    faults: require('./modules/reads.cjs').faults(),
  })
  reportTo(send)
  return send
}

/** Registers a handler of a type of message. 'end' is the end of the connection. */
function on(type, f) {
  handlers.set(type, [...(handlers.get(type) || []), f])
  if (type === 'drain' && draining) safely(f, draining)
}

/** handle belongs to the socket that came with a message; undefined if none came. */
function dispatch(message, handle) {
  const type = message === null ? 'end' : message.type
  if (type === 'drain') draining = message
  else if (type === 'resume' || type === 'end') draining = null
  for (const f of handlers.get(type) || []) safely(f, message, handle)
  if (handle && !handlers.has(type)) handle.close()
}

module.exports = { connect, on }
