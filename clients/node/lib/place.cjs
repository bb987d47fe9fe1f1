'use strict'
// Whether this generation serves, and what is called when that changes.

const { backend, below } = require('./backend.cjs')
const { callable, errorOf, warn } = require('./errors.cjs')

const serveHandlers = new Set()
const drainHandlers = new Set()
const listeners = new Set() // of lib/lease.cjs: called after each change of the state

let request = null // the subscription
let heardOf = null // the last subscription that was of use
let state = '' // what hotswap has said last
let deadline // Date
let serves = false // the functions of onServe were called for the present state
let drain = null // the present drain; null: there is none
let running = 0 // calls of drainHandlers that have not ended
let owed = 0 // number of the event for which hotswap has not heard done; 0: none

/** A drain is the time in which the generation does not serve, after it did. onDrain's
 * functions get what it shows. */
class Drain {
  constructor() {
    this.abort = new AbortController()
    const drained = new Promise((resolve) => (this.resolve = resolve))
    this.context = Object.freeze({
      get deadline() {
        return deadline
      },
      signal: this.abort.signal,
      drained,
    })
  }
}

/** Asks hotswap to say what the state is, now and at each change. */
function subscribe() {
  request ??= backend().open('place', { handles: true }, heard, false)
}

function heard(message) {
  const mine = request
  if (message.error !== undefined) {
    mine.forget()
    if (message.again && heardOf === mine && below()) {
      request = null
      return subscribe()
    }
    return warn('this process does not hear any more whether it serves', errorOf(message))
  }
  heardOf = mine
  owed = message.seq
  if (message.event === 'drained') drain?.resolve(true)
  if (message.event === 'place') {
    state = message.state
    deadline = message.deadlineMs > 0 ? new Date(Date.now() + message.deadlineMs) : undefined
    if (message.serving) served()
    else if (state !== 'starting') drains()
  }
  done()
  for (const listener of [...listeners]) listener()
}

function served() {
  if (serves) return
  serves = true
  drain?.abort.abort(new Error('hotswap: this generation serves again'))
  drain?.resolve(false)
  drain = null
  for (const entry of serveHandlers) callServe(entry)
}

function drains() {
  serves = false
  if (drain) return
  drain = new Drain()
  for (const entry of drainHandlers) callDrain(entry)
}

async function callServe(entry) {
  try {
    await null // after the caller of onServe
    if (serves && serveHandlers.has(entry)) await entry.f()
  } catch (error) {
    warn('a function of onServe failed', error)
  }
}

async function callDrain(entry) {
  running++
  const { context } = drain
  try {
    await null
    if (drainHandlers.has(entry)) await entry.f(context)
  } catch (error) {
    if (!context.signal.aborted) warn('a function of onDrain failed', error)
  }
  running--
  done()
}

/** Tells hotswap that there is nothing left to do before this process may end. */
function done() {
  if (!drain || running > 0 || owed === 0) return
  request?.send('done', { seq: owed })
  owed = 0
}

function handler(set, f, call, is) {
  const entry = { f: callable(f, 'the argument') } // the same function may be passed twice
  set.add(entry)
  subscribe()
  if (is()) call(entry)
  return () => void set.delete(entry)
}

const onServe = (f) => handler(serveHandlers, f, callServe, () => serves)
const onDrain = (f) => handler(drainHandlers, f, callDrain, () => drain !== null)

async function ready() {
  await backend().call('ready', {})
}

/** Calls listener after each change, and returns a function that ends that. */
function follow(listener) {
  listeners.add(listener)
  subscribe()
  return () => listeners.delete(listener)
}

module.exports = { onServe, onDrain, ready, follow, leaving: () => state === 'draining' }
