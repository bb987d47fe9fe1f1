'use strict'
// This thread's connection to hotswap, see handoff/runtime/wire.

const { safely } = require('../common.cjs')
const { open } = require('../transport.cjs')

const { setImmediate } = globalThis // the program may replace it

/** Connects to the socket, and returns the function that sends a message. The others carry out
 * what hotswap orders. */
function connect(path, { drain, resume, look }) {
  const orders = {
    drain,
    resume,
    look: (order) => setImmediate(safely, look, order.seq), // after what has arrived is read
    files: (order) => require('./files.cjs').tell(send, order),
  }
  const send = open(path, (order) => {
    const type = order === null ? 'resume' : order.type // null: the connection has ended
    if (Object.hasOwn(orders, type)) safely(orders[type], order)
  })
  send({
    type: 'hello',
    version: 1,
    pid: process.pid,
    thread: 0,
    runtime: 'bun ' + Bun.version,
    began: Math.round(performance.timeOrigin),
  })
  return send
}

module.exports = { connect }
