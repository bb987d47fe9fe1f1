'use strict'
// Event streams: answers of the type text/event-stream, which have no end of their own.
// As in Node (drain/streams.cjs), a drain ends those of EventSource between
// two events, because EventSource connects again after any end. Every other one goes on.

const { safely } = require('../common.cjs')

// Before 1.4, Bun gives what is read from a direct stream late or never, and node:http hides
// which answer a connection is at.
const [major, minor] = Bun.version.split('.').map(Number)
const works = major > 1 || minor >= 4

const TYPE = /^text\/event-stream/i

const open = new Set() // Events that a drain may end; each has end(), and says in may whether it can end

/** Reports whether a GET with these headers is one of EventSource: see Node's adapter. */
const isEventSource = (accept, cache) =>
  !!accept && accept.startsWith('text/event-stream') && /no-(cache|store)/i.test(cache)

/** Ends the streams that are between two events. */
function end() {
  for (const stream of open) safely(() => stream.boundary && stream.may && stream.end())
}

module.exports = {
  TYPE,
  isEventSource,
  works,
  add: (stream) => open.add(stream),
  remove: (stream) => open.delete(stream),
  end,
}
