'use strict'
// This thread's one connection to hotswap, for whoever of the adapter needs it
// first; and who hears what hotswap says.

const heard = new Map() // type of message → function
let send = null
let draining = null // the drain that is on, for those who come to hear of it later

/** The function that sends a message; hello has been said. */
function connect(path) {
  if (send) return send
  const { threadId } = require('worker_threads')
  let files = null // kept, for a program may empty require's cache
  on('files', (order) => (files = files || require('./modules/modules.cjs')).tell(send, order))
  send = require('./transport.cjs').open(path, hear, !!process.env.HOTSWAP_NODE_WEBSOCKET)
  const began = Math.round(performance.timeOrigin)
  send({ type: 'hello', version: 1, pid: process.pid, thread: threadId, node: process.versions.node, began })
  return send
}

/** Has f hear the messages of a type; 'end', of the connection, comes with null. */
function on(type, f) {
  heard.set(type, f)
  if (type === 'drain' && draining) f(draining)
}

/** handle is the socket that has come with a message, or undefined. */
function hear(message, handle) {
  const type = message === null ? 'end' : message.type
  if (type === 'drain') draining = message
  else if (type === 'resume' || type === 'end') draining = null
  try {
    if (heard.has(type)) heard.get(type)(message, handle)
    else if (handle) handle.close()
  } catch (e) {
    // hotswap sees no answer.
  }
}

module.exports = { connect, on }
