'use strict'
// How many WebSockets of this thread move at once. Each client is silent while its
// WebSocket moves. If all were stopped together, the last client would be silent for
// as long as all moves take, because the new process answers one after the other.

const { on } = require('../connection.cjs')

const LEAST = 32
const ROUNDS = 32 // many WebSockets move in so many rounds

const waiting = new Set()
let taken = 0

class Slot {
  constructor(start) {
    this.start = start
    this.taken = false
    this.passed = false
  }

  /** Gives the slot back. */
  free() {
    waiting.delete(this)
    if (!this.taken || this.passed) return
    this.taken = false
    taken--
    next()
  }

  /** hotswap has the WebSocket: the slot is free when hotswap says moved. */
  pass() {
    this.passed = true
  }
}

/** Calls start as soon as there is a slot, perhaps at once. */
function acquire(start) {
  const slot = new Slot(start)
  waiting.add(slot)
  next()
  return slot
}

function next() {
  for (const slot of waiting) {
    if (taken >= Math.max(LEAST, waiting.size / ROUNDS)) return
    waiting.delete(slot)
    taken++
    slot.taken = true
    slot.start()
  }
}

on('moved', () => {
  if (taken > 0) taken--
  next()
})

module.exports = { acquire }
