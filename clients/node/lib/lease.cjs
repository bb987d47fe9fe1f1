'use strict'
// Work that only one process does at a time.

const timers = require('node:timers')
const { isMainThread } = require('node:worker_threads')
const { HotswapError, callable, errorOf, warn } = require('./errors.cjs')
const { Inbox } = require('./inbox.cjs')
const { checkName } = require('./limits.cjs')
const place = require('./place.cjs')
const { backend, below } = require('./thread.cjs')

const PAUSE = 1000 // ms until a function that has failed is called again

/** Calls f(signal) while this process has the lease. See index.d.ts. */
function lease(name, f) {
  checkName(name, 'the name of a lease')
  callable(f, 'the second argument')
  // hotswap sees the end of a process, not that of a thread, so the lease of a worker that
  // died would stay with the process.
  if (below() && !isMainThread) throw new HotswapError(`the lease ${name} must be held by the main thread, because hotswap does not notice the end of a worker thread: call lease() there, and have its function start and end the worker's work`, 'unavailable')
  const mine = new Lease(name, f)
  return { stop: () => mine.stop() }
}

class Lease {
  constructor(name, f) {
    this.name = name
    this.f = f
    this.stopping = false
    this.claim = 1 + Math.floor(Math.random() * (Number.MAX_SAFE_INTEGER - 1)) // what hotswap knows it by
    this.parted = false // with its connection, and hotswap may not know that nothing runs under the claim
    this.inbox = new Inbox()
    this.ended = this.run()
  }

  stop() {
    this.stopping = true
    this.inbox.put({ event: 'stop' })
    return this.ended
  }

  /** Asks for the lease again and again. */
  async run() {
    try {
      while (!this.stopping) if (await this.once()) await this.pause()
      if (this.parted) backend().open('lease', { name: this.name, ended: this.claim }, () => {}).cancel()
    } catch (error) {
      warn(`the lease ${this.name} is lost`, error)
    }
  }

  /** Waits for the lease, works, and gives the lease back. Reports whether to pause. */
  async once() {
    const inbox = (this.inbox = new Inbox())
    // If the connection alone ends, hotswap keeps the lease for this process, whose work may still run. So
    // the next request says that nothing does under the claim.
    const fields = { name: this.name, claim: this.claim }
    if (this.parted) fields.ended = this.claim
    const request = backend().open('lease', fields, inbox.put)
    // While a generation drains it does not get the lease and may end. Otherwise a process
    // that does nothing else has to live until it gets the lease.
    const live = () => request.awaited(!place.leaving())
    const end = place.follow(live)
    live() // what the state is already, no event will say
    let message
    try {
      message = await until(inbox, 'granted', 'stop', 'error')
    } finally {
      end()
    }
    let failed = false
    if (message.event === 'granted') {
      request.awaited(false)
      message = await this.work(inbox)
      failed = message.event === 'failed'
    }
    if (message.error === undefined) {
      request.awaited(true)
      request.send('release', {})
      message = await until(inbox, 'released', 'error')
      request.forget()
    }
    if (message.error !== undefined && !(message.again && below())) throw errorOf(message)
    this.parted = message.error !== undefined
    return failed || this.parted
  }

  /** Runs f until the lease is to be given back, and returns the message that says so. */
  async work(inbox) {
    const abort = new AbortController()
    const { signal } = abort
    const work = perform(this.f, signal).catch((error) => {
      if (signal.aborted && (error === signal.reason || error?.name === 'AbortError')) return
      warn(`the function of the lease ${this.name} failed`, error)
      inbox.put({ event: 'failed' })
    })
    const message = await until(inbox, 'revoke', 'stop', 'failed', 'error')
    abort.abort(new Error(`hotswap: the lease ${this.name} ends`))
    const cleanup = await work
    try {
      if (typeof cleanup === 'function') await cleanup()
    } catch (error) {
      warn(`the cleanup of the lease ${this.name} failed`, error)
    }
    return message
  }

  /** Waits before f is called again. */
  pause() {
    return new Promise((resolve) => {
      const timer = timers.setTimeout(resolve, PAUSE)
      this.inbox.put = () => {
        timers.clearTimeout(timer)
        resolve()
      }
    })
  }
}

async function perform(f, signal) {
  return f(signal)
}

/** Returns the next message that has one of the names. An error is thrown unless 'error'
 * is one of them. */
async function until(inbox, ...names) {
  for (;;) {
    const message = await inbox.next()
    if (message.error !== undefined) {
      if (names.includes('error')) return message
      throw errorOf(message)
    }
    if (names.includes(message.event) || (message.released && names.includes('released'))) return message
  }
}

module.exports = { lease }
