'use strict'
// A WebSocket's way out of this process. The adapter stops reading between two messages
// of the client; the program answers what it has received, until nothing is left to
// send. Then hotswap gets the socket, and the program's library sees that the client has gone.

const { headerOf } = require('./client-stream.cjs')
const { handleOf, isGone, muteEnd, postponeClose, unmuteEnd, timers, unsent } = require('../internals.cjs')
const { clock, reason } = require('../common.cjs')

const { clearTimeout, setImmediate, setTimeout } = timers

const ROUNDS = 4 // of the event loop, for what a library does later
const MAX_ROUNDS = 20000
const POLL = 10 // ms
const FLUSH = 2000 // ms in which the last bytes leave
const MAX_LOAD = 256 * 1024

// The phases, in their order.
const STOPPING = 0 // the client's message has to end
const SETTLING = 1 // the program answers, and what it has written leaves
const FROZEN = 2 // what the program writes is thrown away
const GIVEN = 3 // hotswap has the socket
const OVER = 4

class Move {
  /** policy: { code, reason, keep: { withinMs } }. send(message, handle, done) calls
   * done when both have been sent. */
  constructor(websocket, policy, send) {
    this.w = websocket
    this.stream = websocket.stream
    this.socket = websocket.socket
    this.policy = policy
    this.send = send
    this.phase = STOPPING
    this.rounds = ROUNDS
    this.limit = clock() + policy.keep.withinMs
    this.state = undefined // of the program, for the new process
    this.timer = null
  }

  begin() {
    if (this.stream.stays) return this.refuse(this.stream.stays)
    this.wait(this.policy.keep.withinMs)
    this.stream.stop(() => {
      this.phase = SETTLING
      this.rounds = Math.min(ROUNDS + this.stream.recent, MAX_ROUNDS)
      this.turn()
    })
  }

  /** Steps after a round of the event loop. */
  turn() {
    setImmediate(() => this.step())
  }

  wait(ms) {
    clearTimeout(this.timer)
    this.timer = setTimeout(() => this.step(), Math.ceil(ms))
    this.timer.unref()
  }

  step() {
    try {
      this.advance()
    } catch (e) {
      this.refuse(`the adapter failed: ${reason(e)}`)
    }
  }

  advance() {
    if (this.phase >= GIVEN) return
    const { socket, stream } = this
    if (isGone(socket)) return this.done()
    const now = clock()
    const late = now >= this.limit
    switch (this.phase) {
      case STOPPING:
        if (late) return this.refuse('a message of the client did not end in time')
        return this.wait(this.limit - now) // a timer may come a moment early
      case SETTLING: {
        if (stream.ended || stream.frames.closed || this.w.leaving) return this.refuse('')
        if (socket.readableLength > 0) {
          // The program reads slowly, and has to answer what it has not read yet.
          if (late) return this.refuse('the program did not read in time')
          this.rounds = ROUNDS
          return this.wait(POLL)
        }
        if (this.rounds-- > 0) return this.turn()
        const owes = stream.owes(now)
        if (owes > 0) return this.wait(owes)
        if (!stream.out.rest || !this.flushed) {
          if (late)
            return this.refuse(
              stream.out.rest ? 'the client did not read in time' : 'a message of the program did not end in time',
            )
          return this.wait(POLL)
        }
        if (stream.stays) return this.refuse(stream.stays)
        return this.freeze()
      }
      case FROZEN:
        if (this.flushed) return this.give()
        if (late) return this.refuse('the client did not read in time')
        return this.wait(POLL)
    }
  }

  /** Reports whether all that the program has written has left this process. */
  get flushed() {
    return unsent(this.socket) === 0
  }

  /** Asks the program for a state. Nothing that the program writes afterwards is sent. */
  freeze() {
    try {
      if (this.stream.onHandoff) this.state = this.stream.onHandoff()
      if (this.state && typeof this.state.then === 'function') throw new Error('it returned a promise')
    } catch (e) {
      return this.refuse(`onHandoff failed: ${reason(e)}`)
    }
    if (this.socket.destroyed) return this.done()
    if (!this.stream.out.rest) return this.refuse('onHandoff left a message unfinished')
    this.phase = FROZEN
    this.w.silent = true
    muteEnd(handleOf(this.socket))
    this.limit = clock() + FLUSH
    this.advance()
  }

  give() {
    const { socket, stream } = this
    let message = null
    try {
      const load = {
        request: stream.load.toString('base64'),
        protocol: headerOf(stream.out.answered, 'sec-websocket-protocol'),
      }
      if (this.state !== undefined) load.state = this.state
      message = { type: 'give', at: this.w.at, load }
      const size = load.request.length + (JSON.stringify(this.state) || '').length
      if (size > MAX_LOAD) return this.refuse('there is too much to pass on')
    } catch (e) {
      return this.refuse(`onHandoff returned what is no JSON: ${reason(e)}`)
    }
    this.phase = GIVEN
    clearTimeout(this.timer)
    const handle = handleOf(socket)
    const allowClose = postponeClose(handle)
    this.send(message, handle, (error) => {
      if (allowClose()) return
      if (!error) return socket.destroy()
      this.phase = FROZEN
      this.refuse(error.message)
    })
  }

  /** Does not move the WebSocket: the client is told to reconnect. why is '' if the WebSocket
   * ends by itself. */
  refuse(why) {
    if (this.phase >= GIVEN) return
    const frozen = this.phase === FROZEN
    this.done()
    if (why) this.send({ type: 'refused', reason: why })
    if (frozen) {
      const handle = handleOf(this.socket)
      if (!handle || this.w.over) return this.socket.destroy()
      unmuteEnd(handle)
      this.w.silent = false
    }
    this.stream.go()
    this.w.close(this.policy.code, this.policy.reason || '')
  }

  /** The generation serves again, or ends for good. */
  cancel() {
    if (this.phase === FROZEN) return this.refuse('')
    if (this.phase < GIVEN) {
      this.done()
      this.stream.go()
    }
    if (!this.w.leaving) this.w.move = null // a later drain may move the WebSocket
  }

  done() {
    this.phase = OVER
    clearTimeout(this.timer)
  }
}

module.exports = { Move }
