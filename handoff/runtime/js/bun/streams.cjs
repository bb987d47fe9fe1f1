'use strict'
// Event streams of Bun.serve: answers of the type text/event-stream, which have no end of their own.
// As in Node (drain/streams.cjs), a drain ends those of EventSource between two events, because
// EventSource connects again after any end. Every other one goes on. Bun offers no way to end an
// answer that it sends. So Bun gets a stream of the adapter's, which passes on the program's.

const { DOMException, Event, Promise, Response, TransformStream } = globalThis // the program may replace them
const { Events } = require('../drain/events.cjs')
const { safely } = require('../safely.cjs')

// Before 1.4, Bun gives what is read from a direct stream late or never.
const [major, minor] = Bun.version.split('.').map(Number)
const works = major > 1 || minor >= 4

const TYPE = /^text\/event-stream/i

const open = new Set() // Streams

class Stream extends Events {
  /** body is the program's stream. */
  constructor(request, body) {
    super()
    this.request = request
    const transform = (chunk, controller) => (this.see(chunk), controller.enqueue(chunk))
    const { readable, writable } = new TransformStream({ start: (controller) => void (this.controller = controller), transform })
    this.readable = readable
    open.add(this)
    // It ends with the program's stream, or when the client has left, which the program's stream is told.
    body.pipeTo(writable).catch(() => {}).then(() => open.delete(this))
  }

  /** Ends the stream. To the program it looks as if the client had left. */
  end() {
    open.delete(this)
    this.controller.terminate()
    abort(this.request.signal, new DOMException('The connection was closed.', 'AbortError'))
  }
}

/** Ends the streams that are between two events. */
function end() {
  for (const stream of open) if (stream.boundary) safely(() => stream.end())
}

/** Has those who listen to a request's signal see an abort. Bun itself aborts it only when the
 * client leaves. */
function abort(signal, reason) {
  if (signal.aborted) return
  const throwIfAborted = () => {
    throw reason
  }
  for (const [name, value] of Object.entries({ aborted: true, reason, throwIfAborted })) {
    Object.defineProperty(signal, name, { value, writable: true, enumerable: false, configurable: true })
  }
  signal.dispatchEvent(new Event('abort'))
}

/** Returns what Bun is to get in the place of a handler's answer: the same, if it is no event
 * stream of EventSource. It runs for each request, so it looks at the answer first: Bun has to
 * copy the headers of a request. */
function endable(request, answer) {
  if (!works) return answer
  if (answer instanceof Promise) return answer.then((response) => endable(request, response))
  try {
    const is = answer instanceof Response && TYPE.test(answer.headers.get('content-type')) && fromEventSource(request)
    return is ? followed(request, answer) : answer
  } catch (e) {
    return answer // it ends as the program has it
  }
}

/** Reports whether a request is one of EventSource: see Node's adapter. */
function fromEventSource({ method, headers }) {
  const accept = headers.get('accept')
  return method === 'GET' && !!accept && accept.startsWith('text/event-stream') && /no-(cache|store)/i.test(headers.get('cache-control'))
}

/** A response with a stream that may end. In a compressed one an event may be half in the
 * compressor. */
function followed(request, response) {
  const { body, headers, status, statusText } = response
  if (!body || body.locked || response.bodyUsed || headers.has('content-encoding')) return response
  const ours = new Response(new Stream(request, body).readable, { status, statusText, headers })
  ours.headers.set('Connection', 'close') // or the client may come back on it, to the old process
  return ours
}

module.exports = { end, endable }
