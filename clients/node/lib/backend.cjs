'use strict'
// What answers requests: hotswap, or the memory of the process. A worker thread has its own.

let memory, connection

/** Reports whether hotswap runs this process. */
function below() {
  return !!process.env.HOTSWAP_SOCKET
}

/** Returns what has call(op, fields, encoded) and open(op, fields, on). A connection that
 * has ended is replaced, so that the next call says why there is none. */
function backend() {
  if (!below()) return (memory ??= new (require('./memory.cjs').Memory)())
  if (!connection || connection.ended) connection = new (require('./connection.cjs').Connection)(process.env.HOTSWAP_SOCKET)
  return connection
}

module.exports = { below, backend, connected: () => connection }
