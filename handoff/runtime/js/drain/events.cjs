'use strict'
// What the program has sent of an event stream. Bun's adapter loads this file, too.

class Events {
  constructor() {
    this.tail = '' // the last four bytes
  }

  see(chunk, encoding) {
    try {
      if (chunk == null || chunk.length === 0) return
      const plain = typeof chunk === 'string' && typeof encoding !== 'string'
      const text = plain ? chunk.slice(-4) : bytes(chunk, encoding).subarray(-4).toString('latin1')
      this.tail = (this.tail + text).slice(-4)
    } catch (e) {
      this.tail = '?' // where an event ends is not known
    }
  }

  /** Reports whether no event is half sent: an empty line ends each. */
  get boundary() {
    return this.tail === '' || this.tail.replace(/\r\n?/g, '\n').endsWith('\n\n')
  }
}

/** The bytes that a stream was given to write. */
function bytes(chunk, encoding) {
  if (ArrayBuffer.isView(chunk)) return Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)
  return Buffer.from(chunk, typeof encoding === 'string' ? encoding : undefined)
}

/** The function that a stream's write or end was given, if any. */
const callback = (given) => [...given].find((x) => typeof x === 'function')

/** Takes what a stream was given to write for written. */
function swallow(given) {
  const done = callback(given)
  if (done) process.nextTick(done)
  return true
}

module.exports = { Events, bytes, callback, swallow }
