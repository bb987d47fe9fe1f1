'use strict'
// Whether this generation serves, and what is called when that changes.

const { backend, below } = require('./connection.cjs')
const { callable, errorOf, warn } = require('./errors.cjs')

const serveHandlers = []
const drainHandlers = []
const listeners = new Set() // of lib/lease.cjs: called after each change of the state

let request = null // the subscription
let heardOf = null // the last subscription that was of use
let state = '' // what hotswap has said last
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
    this.context = Object.freeze({ signal: this.abort.signal, drained })
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
  for (const f of serveHandlers) call(f)
}

function drains() {
  serves = false
  if (drain) return
  drain = new Drain()
  for (const f of drainHandlers) call(f)
}

/** Calls a function when its caller of onServe or onDrain has returned. */
async function call(f) {
  const mine = drain // null: the generation serves
  if (mine) running++
  try {
    await null
    if (mine || serves) await f(mine?.context)
  } catch (error) {
    if (!mine?.abort.signal.aborted) warn(`a function of ${mine ? 'onDrain' : 'onServe'} failed`, error)
  }
  if (!mine) return
  running--
  done()
}

/** Tells hotswap that there is nothing left to do before this process may end. */
function done() {
  if (!drain || running > 0 || owed === 0) return
  request?.send('done', { seq: owed })
  owed = 0
}

function handler(handlers, f, due) {
  handlers.push(callable(f, 'the argument'))
  subscribe()
  if (due()) call(f)
}

const onServe = (f) => handler(serveHandlers, f, () => serves)
const onDrain = (f) => handler(drainHandlers, f, () => drain !== null)

/** Calls listener after each change, and returns a function that ends that. */
function follow(listener) {
  listeners.add(listener)
  subscribe()
  return () => listeners.delete(listener)
}

module.exports = { onServe, onDrain, follow, leaving: () => state === 'draining' }
