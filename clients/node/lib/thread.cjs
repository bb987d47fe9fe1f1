'use strict'
// What exists once per thread, even if the thread has loaded two copies of this package:
// the connection, or the memory that takes its place, and the values of defineLocal. A
// worker thread has a connection of its own.

const KEY = Symbol.for('hotswap.thread.1') // the number is that of the shape below

function thread() {
  if (!globalThis[KEY]) {
    const value = { locals: new Map(), memory: null, connection: null }
    Object.defineProperty(globalThis, KEY, { value })
  }
  return globalThis[KEY]
}

/** Reports whether hotswap runs this process. */
function below() {
  return !!process.env.HOTSWAP_SOCKET
}

/** Returns what answers requests: call(op, fields, encoded) and open(op, fields, on). A
 * connection that has ended is replaced, so that the next call says why there is none. */
function backend() {
  const t = thread()
  if (!below()) return (t.memory ??= new (require('./memory.cjs').Memory)())
  if (!t.connection || t.connection.ended) t.connection = new (require('./connection.cjs').Connection)(process.env.HOTSWAP_SOCKET)
  return t.connection
}

module.exports = { thread, below, backend }
