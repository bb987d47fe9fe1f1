'use strict'
// Event streams of node:http.

const { hide } = require('./hide.cjs')
const { ACCEPT, FRESH, TYPE, Followed, add, works } = require('./followed.cjs')

class Answer extends Followed {
  constructor(response) {
    super()
    this.response = response
  }

  get gone() {
    return this.response.destroyed || this.response.writableEnded
  }

  /** Reports whether the answer is an event stream that can end. A compressed one cannot,
   * because an event may be half in the compressor. */
  get may() {
    const r = this.response
    return r.headersSent && TYPE.test(r.getHeader('content-type')) && !r.hasHeader('content-encoding') && !r.hasHeader('content-length') &&
      !r._removedTE && r.req.httpVersion === '1.1' && r.writableCorked === 0 && !!r.socket && r.socket._httpMessage === r
  }

  /** Ends the answer and its connection. To the program it looks as if the client had left. */
  end() {
    const { response } = this
    const { socket } = response
    response.flushHeaders()
    socket.write('0\r\n\r\n', 'latin1')
    response.destroyed = true
    socket.destroySoon()
  }
}

/** Follows the answer to a request of EventSource, which the program has not seen yet. */
function follow(request, response) {
  if (!works || request.method !== 'GET') return
  const { accept, 'cache-control': fresh } = request.headers
  if (!accept || !accept.startsWith(ACCEPT) || !FRESH.test(fresh)) return
  const answer = new Answer(response)
  const next = response.write
  hide(response, 'write', function write(chunk, encoding) {
    answer.see(chunk, encoding)
    return Reflect.apply(next, this, arguments)
  })
  add(new WeakRef(answer)) // the response keeps it
}

module.exports = { follow }
