'use strict'
// Work that only one process does at a time.

const { setTimeout: sleep } = require('node:timers/promises')
const { isMainThread } = require('node:worker_threads')
const { backend, below } = require('./connection.cjs')
const { HotswapError, callable, checkName, errorOf, warn } = require('./errors.cjs')
const { Inbox } = require('./inbox.cjs')
const place = require('./place.cjs')

const PAUSE = 1000 // ms until a lease is asked for again after a failure

/** Calls f(signal) while this process has the lease. See index.d.ts. */
function lease(name, f) {
  checkName(name, 'the name of a lease')
  callable(f, 'the second argument')
  // hotswap sees the end of a process, not that of a thread, so the lease of a worker that
  // died would stay with the process.
  if (below() && !isMainThread)
    throw new HotswapError(
      `the lease ${name} must be held by the main thread, because hotswap does not notice the end of a worker thread: call lease() there, and have its function start and end the worker's work`,
      'unavailable',
    )
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
    this.ended = this.run()
  }

  stop() {
    this.stopping = true
    this.inbox.put({ event: 'stop' })
    return this.ended
  }

  ask() {
    return backend().open('lease', { name: this.name, claim: this.claim }, (message) => this.inbox.put(message))
  }

  /** Asks for the lease again and again. */
  async run() {
    try {
      while (!this.stopping) {
        this.inbox = new Inbox()
        const failed = await this.once()
        if (failed || this.parted) await Promise.race([this.until('stop'), sleep(PAUSE)])
      }
      if (this.parted) this.ask().cancel()
    } catch (error) {
      warn(`the lease ${this.name} is lost`, error)
    }
  }

  /** Waits for the lease, works, and gives the lease back. Reports whether f has failed. */
  async once() {
    // If the connection alone ends, hotswap keeps the lease for this process, whose work may still run, until it asks again.
    const request = this.ask()
    // While a generation drains it does not get the lease and may end. Otherwise a process
    // that does nothing else has to live until it gets the lease.
    const live = () => request.awaited(!place.leaving())
    const end = place.follow(live)
    live() // what the state is already, no event will say
    let message = await this.until('granted', 'stop')
    end()
    let failed = false
    if (message.event === 'granted') {
      request.awaited(false)
      message = await this.work()
      failed = message.event === 'failed'
    }
    if (message.error === undefined) {
      request.awaited(true)
      request.send('release')
      message = await this.until('released')
    }
    request.forget()
    this.parted = message.error !== undefined
    if (this.parted && !(message.again && below())) throw errorOf(message)
    return failed
  }

  /** Runs f until the lease is to be given back, and returns the message that says so. */
  async work() {
    const abort = new AbortController()
    const work = this.perform(abort.signal)
    const message = await this.until('revoke', 'stop', 'failed')
    abort.abort(new Error(`hotswap: the lease ${this.name} ends`))
    const cleanup = await work
    try {
      if (typeof cleanup === 'function') await cleanup()
    } catch (error) {
      warn(`the cleanup of the lease ${this.name} failed`, error)
    }
    return message
  }

  async perform(signal) {
    try {
      return await this.f(signal)
    } catch (error) {
      if (signal.aborted && (error === signal.reason || error?.name === 'AbortError')) return
      warn(`the function of the lease ${this.name} failed`, error)
      this.inbox.put({ event: 'failed' })
    }
  }

  /** Returns the next message with one of the names, or the end of the request. */
  async until(...names) {
    for (;;) {
      const message = await this.inbox.next()
      if (message.error !== undefined || message.released || names.includes(message.event)) return message
    }
  }
}

module.exports = { lease }
