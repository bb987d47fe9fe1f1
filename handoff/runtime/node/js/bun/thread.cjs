'use strict'
// This thread's connection to hotswap: lines of JSON, in the protocol of Node's adapter
// (handoff/runtime/node). The connection keeps no process alive, and its end is no error.

const { setImmediate } = globalThis // the program may replace it

const MAX_LINE = 1024 * 1024

/** Connects to the socket, and returns the function that sends a message. The others carry out
 * what hotswap orders. */
function connect(path, { drain, resume, look }) {
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
  const decoder = new TextDecoder()
  let socket = null
  let unsent = [] // bytes that the kernel has not taken
  let rest = ''
  let ended = false

  const flush = () => {
    while (socket && !ended && unsent.length > 0) {
      const wrote = socket.write(unsent[0])
      if (wrote < unsent[0].length) {
        if (wrote > 0) unsent[0] = unsent[0].subarray(wrote)
        return // until drain
      }
      unsent.shift()
    }
  }
  const end = () => {
    if (ended) return
    ended = true
    unsent = []
    run(resume)
  }
  const data = (_, bytes) => {
    const lines = (rest + decoder.decode(bytes, { stream: true })).split('\n')
    rest = lines.pop()
    if (rest.length > MAX_LINE) return socket.end()
    for (const line of lines) {
      const order = parsed(line)
      if (order && Object.hasOwn(orders, order.type)) run(orders[order.type], order)
    }
  }
  const open = (opened) => {
    socket = opened
    socket.unref()
    flush()
  }
  Bun.connect({ unix: path, socket: { open, data, drain: flush, close: end, error: end, connectError: end, end: () => socket && socket.end() } }).catch(end)
  const send = (message) => {
    if (ended) return
    unsent.push(Buffer.from(JSON.stringify(message) + '\n'))
    if (unsent.length === 1) flush()
  }
  send({ type: 'hello', version: 1, pid: process.pid, thread: 0, node: 'bun ' + Bun.version, began: Math.round(performance.timeOrigin) })
  return send
}

function parsed(line) {
  try {
    return JSON.parse(line)
  } catch (e) {
    return null
  }
}

module.exports = { connect }
