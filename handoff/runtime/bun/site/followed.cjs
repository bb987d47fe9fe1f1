'use strict'
// Event streams: answers of the type text/event-stream, which have no end of their own.
// As in Node (runtime/node/js/drain/streams.cjs), a drain ends those of EventSource between
// two events, because EventSource connects again after any end. Every other one goes on.

// Before 1.4, Bun gives what is read from a direct stream late or never, and node:http hides
// which answer a connection is at.
const [major, minor] = Bun.version.split('.').map(Number)
const works = major > 1 || minor >= 4

const TYPE = /^text\/event-stream/i
const ACCEPT = 'text/event-stream'
const FRESH = /no-(cache|store)/i

const open = new Set() // streams that a drain may end

/** What the program has sent to an EventSource. Each kind has end(), and says in may whether it
 * can end. */
class Followed {
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

const bytes = (b, encoding) => (ArrayBuffer.isView(b) ? Buffer.from(b.buffer, b.byteOffset, b.byteLength) : Buffer.from(b, encoding))

/** Ends the streams that are between two events. */
function end() {
  for (const stream of open) {
    try {
      if (stream.boundary && stream.may) stream.end()
    } catch (e) {
      // It ends as the program has it.
    }
  }
}

module.exports = { ACCEPT, FRESH, TYPE, Followed, works, add: (stream) => open.add(stream), remove: (stream) => open.delete(stream), end }
