'use strict'
// This thread's connection to hotswap: lines of JSON, in the protocol of Node's adapter
// (handoff/runtime/node). The connection keeps no process alive, and its end is no error.

const MAX_LINE = 1024 * 1024

/** Connects to the socket, and returns the function that sends a message. Calls on(message)
 * for each message of hotswap, and on(null) at the end. */
function connect(path, on) {
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
    on(null)
  }
  const data = (_, bytes) => {
    const lines = (rest + decoder.decode(bytes, { stream: true })).split('\n')
    rest = lines.pop()
    if (rest.length > MAX_LINE) return socket.end()
    for (const line of lines) {
      let message = null
      try {
        message = JSON.parse(line)
      } catch (e) {
        continue
      }
      if (message && typeof message === 'object') on(message)
    }
  }
  const open = (opened) => {
    socket = opened
    socket.unref()
    flush()
  }
  Bun.connect({ unix: path, socket: { open, data, drain: flush, close: end, error: end, connectError: end, end: () => socket && socket.end() } }).catch(end)
  return (message) => {
    if (ended) return
    unsent.push(Buffer.from(JSON.stringify(message) + '\n'))
    if (unsent.length === 1) flush()
  }
}

module.exports = { connect }
