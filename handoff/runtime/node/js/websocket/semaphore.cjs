'use strict'
// How many WebSockets of this thread are on their way at once. Each client is silent
// while it is; were all stopped together, the last one would be for as long as all
// take, and the new process has to greet each.

const { on } = require('../connection.cjs')

const LEAST = 32
const TURNS = 32 // in so many all are to be through, if there are many

const waiting = new Set()
let taken = 0

class Slot {
  constructor(turn) {
    this.turn = turn
    this.taken = false
    this.passed = false
  }

  /** It is not needed, or no more. */
  free() {
    waiting.delete(this)
    if (!this.taken || this.passed) return
    this.taken = false
    taken--
    next()
  }

  /** The WebSocket has been given: the slot is free when hotswap says moved. */
  pass() {
    this.passed = true
  }
}

/** Calls turn when there is a slot, at once if there is. */
function ask(turn) {
  const slot = new Slot(turn)
  waiting.add(slot)
  next()
  return slot
}

function next() {
  for (const slot of waiting) {
    if (taken >= Math.max(LEAST, waiting.size / TURNS)) return
    waiting.delete(slot)
    taken++
    slot.taken = true
    slot.turn()
  }
}

on('moved', () => {
  if (taken > 0) taken--
  next()
})

module.exports = { ask }
