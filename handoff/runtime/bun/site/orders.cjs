'use strict'
// What hotswap orders, and who carries it out.

const { connect } = require('./thread.cjs')

/** Connects to hotswap, and returns the function that sends a message. */
function open(path, { drain, resume, look }) {
  const orders = {
    drain,
    resume,
    look: (order) => setImmediate(run, look, order.seq), // after what has arrived is read
    files: (order) => require('./files.cjs').tell(send, order),
  }
  const run = (f, ...args) => {
    try {
      f(...args)
    } catch (e) {
      // hotswap gets no answer.
    }
  }
  const send = connect(path, (order) => {
    if (order === null) return run(resume)
    if (Object.hasOwn(orders, order.type)) run(orders[order.type], order)
  })
  send({ type: 'hello', version: 1, pid: process.pid, thread: 0, node: 'bun ' + Bun.version, began: Math.round(performance.timeOrigin) })
  return send
}

module.exports = { open }
