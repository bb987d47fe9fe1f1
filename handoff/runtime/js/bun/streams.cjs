'use strict'
// Event streams of Bun.serve. Bun offers no way to end an answer that it sends. So Bun gets a
// stream of the adapter's, which reads the program's.

const { DOMException, Event, ReadableStream, Response } = globalThis // the program may replace them
const { Events } = require('../drain/events.cjs')
const { TYPE, add, isEventSource, remove, works } = require('./followed.cjs')

class Stream extends Events {
  constructor(request) {
    super()
    this.request = request
    this.reader = null // of the program's stream
    this.controller = null // of the stream that Bun reads, as soon as it does
    this.may = false // Bun waits for more
    this.ended = false
  }

  /** Passes on the next part that the program sends. */
  async pull(controller) {
    this.controller = controller
    add(this)
    this.may = true
    try {
      const { value, done } = await this.reader.read()
      this.may = false
      if (this.ended) return
      if (!done) {
        this.see(value)
        controller.enqueue(value)
        return
      }
      remove(this)
      controller.close()
    } catch (e) {
      remove(this)
      if (!this.ended) throw e
    }
  }

  /** The client has left, or the server is stopped. */
  cancel(reason) {
    this.ended = true
    remove(this)
    return this.reader.cancel(reason)
  }

  /** Ends the stream. To the program it looks as if the client had left. */
  end() {
    this.ended = true
    remove(this)
    this.controller.close()
    const reason = new DOMException('The connection was closed.', 'AbortError')
    try {
      abort(this.request.signal, reason)
    } finally {
      this.reader.cancel(reason).catch(() => {})
    }
  }
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

/** Returns what Bun is to get in the place of an answer: the same, if it is no event
 * stream of EventSource. It runs for each request, so it looks at the answer first: Bun has to
 * copy the headers of a request. */
function endable(request, answer) {
  try {
    const is =
      works && answer instanceof Response && TYPE.test(answer.headers.get('content-type')) && fromEventSource(request)
    return is ? followed(request, answer) : answer
  } catch (e) {
    return answer // it ends as the program has it
  }
}

const fromEventSource = ({ method, headers }) =>
  method === 'GET' && isEventSource(headers.get('accept'), headers.get('cache-control'))

/** A response with a stream that may end. In a compressed one an event may be half in the
 * compressor. */
function followed(request, response) {
  const { body, headers, status, statusText } = response
  if (!body || body.locked || response.bodyUsed || headers.has('content-encoding')) return response
  const stream = new Stream(request)
  // Nothing is read ahead, so that a slow client slows the program down as before.
  const source = new ReadableStream(
    { pull: (controller) => stream.pull(controller), cancel: (reason) => stream.cancel(reason) },
    { highWaterMark: 0 },
  )
  const ours = new Response(source, { status, statusText, headers })
  ours.headers.set('Connection', 'close') // or the client may come back on it, to the old process
  stream.reader = body.getReader()
  return ours
}

module.exports = { endable }
