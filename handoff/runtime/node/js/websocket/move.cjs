'use strict'
// The way of one WebSocket out of this process: its client's messages are stopped
// between two, the program answers what it has got, nothing is left to send; then
// the socket goes to hotswap, and the program's library sees a client that leaves.

const { clearTimeout, setImmediate, setTimeout } = require('timers') // the global ones may be replaced
const { closeFrame } = require('./frames.cjs')
const { hide } = require('./websocket.cjs')
const { headerOf } = require('./client-stream.cjs')
const slots = require('./semaphore.cjs')

const ROUNDS = 4 // of the event loop, for what a library does later
const MAX_ROUNDS = 20000
const POLL = 10 // ms
const CALLBACK = 1000 // ms for the promise of the program's onHandoff
const FLUSH = 2000 // ms in which the last bytes leave
const FAREWELL = 2000 // ms in which the program's library ends its socket
const MAX_LOAD = 256 * 1024

const clock = performance.now.bind(performance)

// The phases, in their order.
const STOPPING = 0 // the client's message is to end
const SETTLING = 1 // the program answers, and all that it has written leaves
const ASKING = 2 // the program's onHandoff has promised a state
const FROZEN = 3 // what the program writes is thrown away
const GIVEN = 4
const OVER = 5

class Move {
  /** policy: { code, reason, keep: { withinMs } }. send passes a message and a handle,
   * and calls when both have been. */
  constructor(websocket, policy, send) {
    this.w = websocket
    this.kept = websocket.kept
    this.socket = websocket.socket
    this.policy = policy
    this.send = send
    this.phase = STOPPING
    this.rounds = ROUNDS
    this.limit = clock() + policy.keep.withinMs
    this.state = undefined // what the program gives along
    this.asked = false // it was
    this.timer = null
    this.turning = false // a round of the event loop is under way
    this.slot = null // the right to bring the client to rest
    this.turned = false // it has been its turn
  }

  /** Until it is its turn, the client is served as ever. */
  begin() {
    if (this.kept.stays) return this.refuse(this.kept.stays)
    this.wait(this.policy.keep.withinMs)
    this.slot = slots.ask(() => this.stop()) // perhaps at once
    this.yield()
  }

  /** In the midst of a message the client is not silent: others may go first. */
  yield() {
    if (this.slot && this.turned && this.phase === STOPPING) this.slot.free()
  }

  stop() {
    if (this.phase !== STOPPING) return
    this.turned = true
    this.kept.stop(() => {
      this.phase = SETTLING
      this.rounds = Math.min(ROUNDS + this.kept.recent, MAX_ROUNDS)
      this.turn()
    })
    this.yield()
  }

  /** The program has written or ended something. */
  news() {
    if (this.phase === GIVEN) this.left()
    else if (this.phase === SETTLING) this.turn()
  }

  /** Looks again after the event loop has gone round. */
  turn() {
    if (this.turning) return
    this.turning = true
    setImmediate(() => {
      this.turning = false
      this.step()
    })
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
      this.refuse(`the adapter failed: ${e && e.message}`)
    }
  }

  advance() {
    if (this.phase >= GIVEN) return
    const { socket, kept } = this
    if (socket.destroyed || !socket._handle) return this.done()
    const now = clock()
    const late = now >= this.limit
    switch (this.phase) {
      case STOPPING:
        if (late) return this.refuse(this.turned ? 'a message of the client did not end in time' : 'too many were to move')
        return this.wait(this.limit - now) // a timer may come a moment early
      case SETTLING: {
        if (kept.ended || kept.frames.closed || this.w.leaving) return this.refuse('')
        if (socket.readableLength > 0) {
          // The program reads slowly; what it has not read yet it has to answer.
          if (late) return this.refuse('the program did not read in time')
          this.rounds = ROUNDS
          return this.wait(POLL)
        }
        if (this.rounds-- > 0) return this.turn()
        const owes = kept.owes(now)
        if (owes > 0) return this.wait(owes)
        if (!kept.out.rest || !this.flushed) {
          if (late) return this.refuse(kept.out.rest ? 'the client did not read in time' : 'a message of the program did not end in time')
          return this.wait(POLL)
        }
        if (kept.stays) return this.refuse(kept.stays)
        if (!this.asked && kept.onHandoff) return this.ask()
        return this.freeze()
      }
      case ASKING:
        if (late) return this.refuse('onHandoff took too long')
        return this.wait(this.limit - now)
      case FROZEN:
        if (this.flushed) return this.give()
        if (late) return this.refuse('the client did not read in time')
        return this.wait(POLL)
    }
  }

  /** Nothing that the program has written is left in this process. */
  get flushed() {
    return this.socket.writableLength === 0 && this.socket._handle.writeQueueSize === 0
  }

  /** Asks the program for a state. What it has said by then was sent; if it does not
   * promise the state but says it, what it says later is not. */
  ask() {
    this.asked = true
    let state
    try {
      state = this.kept.onHandoff()
    } catch (e) {
      return this.refuse(`onHandoff failed: ${e && e.message}`)
    }
    if (!state || typeof state.then !== 'function') {
      this.state = state
      return this.freeze()
    }
    this.phase = ASKING
    this.limit = clock() + CALLBACK
    this.wait(CALLBACK)
    state.then(
      (value) => {
        if (this.phase !== ASKING) return
        this.state = value
        this.phase = SETTLING
        this.limit = clock() + FLUSH
        this.step()
      },
      (e) => this.phase === ASKING && this.refuse(`onHandoff failed: ${e && e.message}`),
    )
  }

  freeze() {
    if (this.socket.destroyed) return this.done()
    if (!this.kept.out.rest) return this.refuse('onHandoff left a message unfinished')
    this.phase = FROZEN
    this.w.silent = true
    // The connection goes on elsewhere: no end of it may be sent from here.
    const handle = this.socket._handle
    hide(handle, 'shutdown', () => 1) // as if it was done
    hide(handle, 'reset', function reset(done) {
      return this.close(done)
    })
    this.limit = clock() + FLUSH
    this.advance()
  }

  give() {
    const { socket, kept } = this
    let message = null
    try {
      const load = { request: kept.load.toString('base64'), protocol: headerOf(kept.out.answered, 'sec-websocket-protocol') }
      if (kept.repeats > 0) load.replay = kept.repeats
      if (this.state !== undefined) load.state = this.state
      message = { type: 'give', port: socket.localPort, load }
      const size = load.request.length + (JSON.stringify(this.state) || '').length
      if (size > MAX_LOAD) return this.refuse('there is too much to pass on')
    } catch (e) {
      return this.refuse(`onHandoff gave what is no JSON: ${e && e.message}`)
    }
    this.phase = GIVEN
    clearTimeout(this.timer)
    const handle = socket._handle
    const closeHandle = handle.close
    let closing = null // with these arguments, when it has been passed
    hide(handle, 'close', (...args) => (closing = args))
    this.send(message, handle, (error) => {
      delete handle.close
      if (error) this.slot.free()
      else this.slot.pass()
      if (closing) return closeHandle.apply(handle, closing)
      if (!error) return this.farewell()
      this.phase = FROZEN
      this.refuse('hotswap is gone')
    })
  }

  /** The library sees a client that says goodbye and leaves. */
  farewell() {
    const { socket, kept } = this
    if (this.w.over) return this.left()
    kept.push.call(socket, closeFrame(this.policy.code, 'moved to another process', true))
    this.timer = setTimeout(() => this.left(), FAREWELL)
    this.timer.unref()
  }

  left() {
    if (this.phase !== GIVEN) return
    this.phase = OVER
    clearTimeout(this.timer)
    const { socket } = this
    if (!socket.destroyed && !this.kept.ended) this.kept.push.call(socket, null)
    this.timer = setTimeout(() => socket.destroy(), FAREWELL)
    this.timer.unref()
  }

  /** It stays, and is told; why, unless it is about to end by itself. */
  refuse(why) {
    if (this.phase >= GIVEN) return
    const frozen = this.phase === FROZEN
    this.done()
    if (why) this.send({ type: 'told', reason: why })
    if (frozen) {
      const handle = this.socket._handle
      if (!handle || this.w.over) return this.socket.destroy()
      delete handle.shutdown
      delete handle.reset
      this.w.silent = false
    }
    this.kept.go()
    this.w.tell(this.policy.code, this.policy.reason || '')
  }

  /** The generation serves again, or ends for good. */
  cancel() {
    if (this.phase === FROZEN) return this.refuse('')
    if (this.phase < GIVEN) {
      this.done()
      this.kept.go()
    }
    if (!this.w.leaving) this.w.move = null // it may move another time
  }

  done() {
    this.phase = OVER
    if (this.slot) this.slot.free()
    clearTimeout(this.timer)
  }
}

module.exports = { Move }
