'use strict'

/** Runs functions of the same name one after the other. Each returns a promise of its end. */
class Turns {
  #tails = new Map() // name → the end of the last one

  take(name, f) {
    const tails = this.#tails
    const mine = tails.has(name) ? tails.get(name).then(f) : f()
    const tail = mine
      .catch(() => {})
      .then(() => {
        if (tails.get(name) === tail) tails.delete(name)
      })
    tails.set(name, tail)
    return mine
  }
}

module.exports = { Turns }
