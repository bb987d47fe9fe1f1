'use strict'
// Whether this generation serves, and what is called when that changes.

const { callable, errorOf, warn } = require('./errors.cjs')
const { backend, below } = require('./thread.cjs')

const NUMBER = 'HOTSWAP_GENERATION'

/** What hotswap has said last. */
const now = { state: '', serving: false, deadline: undefined, seq: 0 }
const serveHandlers = new Set()
const drainHandlers = new Set()
const listeners = new Set() // of lib/lease.cjs: called after each change of the state

let request = null // the subscription
let heardOf = null // the last subscription that was of use
let handles = false // the subscription says done
let running = 0 // calls of drainHandlers that have not ended
let owed = false // hotswap has not heard done since the last event
let drain = null // the present drain; null: there is none

/** A drain is the time in which the generation does not serve, after it did. onDrain's
 * functions get what it shows. */
class Drain {
  constructor() {
    this.abort = new AbortController()
    this.drained = new Promise((resolve) => (this.resolve = resolve))
    this.context = Object.freeze({
      get deadline() {
        return now.deadline
      },
      signal: this.abort.signal,
      drained: this.drained,
    })
  }
}

/** Asks hotswap to say what the state is, now and at each change. With wait hotswap waits
 * for the functions of onDrain. */
function subscribe(wait = false) {
  if (request && (handles || !wait)) return
  request?.cancel()
  handles = wait
  owed = false
  const mine = backend().open('place', wait ? { handles: true } : {}, (message) => {
    if (request === mine) heard(message)
  }, false)
  request = mine
}

/** Subscribes on a new connection. */
function again() {
  request = null
  subscribe(handles)
}

function heard(message) {
  if (message.error !== undefined) {
    request.forget()
    if (message.again && heardOf === request && below()) return again()
    return warn('this process does not hear any more whether it serves', errorOf(message))
  }
  heardOf = request
  now.seq = message.seq
  owed = true
  if (message.event === 'place') {
    now.state = message.state
    now.serving = message.serving === true
    now.deadline = message.deadlineMs > 0 ? new Date(Date.now() + message.deadlineMs) : undefined
    if (now.serving) served()
    else if (now.state !== 'starting') drains()
  } else if (message.event === 'drained') {
    drain?.resolve(true)
  }
  done()
  for (const listener of [...listeners]) listener()
}

let announced = false // the functions of onServe were called for the present state

function served() {
  if (announced) return
  announced = true
  if (drain) {
    drain.abort.abort(new Error('hotswap: this generation serves again'))
    drain.resolve(false)
    drain = null
  }
  for (const f of serveHandlers) callServe(f)
}

function drains() {
  announced = false
  if (drain) return
  drain = new Drain()
  for (const f of drainHandlers) callDrain(f)
}

async function callServe(f) {
  try {
    await null // after the caller of onServe
    if (announced && serveHandlers.has(f)) await f.f()
  } catch (error) {
    warn('a function of onServe failed', error)
  }
}

async function callDrain(f) {
  running++
  const { context } = drain
  try {
    await null
    if (drainHandlers.has(f)) await f.f(context)
  } catch (error) {
    if (!context.signal.aborted) warn('a function of onDrain failed', error)
  }
  running--
  done()
}

/** Tells hotswap that there is nothing left to do before this process may end. */
function done() {
  if (!handles || !drain || running > 0 || !owed) return
  owed = false
  request.send('done', { seq: now.seq })
}

function handler(set, f, call, wait, is) {
  const entry = { f: callable(f, 'the argument') } // the same function may be passed twice
  set.add(entry)
  subscribe(wait)
  if (is()) call(entry)
  return () => void set.delete(entry)
}

const onServe = (f) => handler(serveHandlers, f, callServe, false, () => announced)
const onDrain = (f) => handler(drainHandlers, f, callDrain, true, () => drain !== null)

/** Reports whether this generation gets new connections, as far as hotswap has said. */
function serving() {
  if (!below()) return true
  subscribe()
  return now.serving
}

/** Returns the number of this generation. */
function generation() {
  return Number(process.env[NUMBER]) || 1
}

async function ready() {
  await backend().call('ready', {})
}

async function extend(ms) {
  if (typeof ms !== 'number' || !(ms > 0 && ms <= 1e12)) throw new TypeError('hotswap: extend needs a number of milliseconds')
  await backend().call('extend', { ms: Math.ceil(ms) })
}

async function status(text) {
  if (typeof text !== 'string') throw new TypeError('hotswap: the status must be a string')
  await backend().call('status', { text: text.slice(0, 1000) })
}

/** Calls listener after each change, and returns a function that ends that. */
function follow(listener) {
  listeners.add(listener)
  subscribe()
  return () => listeners.delete(listener)
}

module.exports = {
  functions: { onServe, onDrain, serving, ready, extend, status },
  generation,
  follow,
  leaving: () => now.state === 'draining',
}
