'use strict'
// Whether clients have been silent for a while, so that a drain need not wait for that.

const { setTimeout } = globalThis // the program may replace it

const EVERY = 1000 // ms between two looks while there are requests; none otherwise
const ENOUGH = 2 // looks that find nothing, so that the last answer is a second old, too

/** Notes requests. underWay returns how many are being answered. */
class Calm {
  constructor(underWay) {
    this.underWay = underWay
    this.requests = 0
    this.looked = 0 // requests at the last look
    this.empty = 0 // looks in a row that found nothing
    this.timer = null
    this.never = false // some requests are not noted
  }

  /** Is called for each request, so it does next to nothing. */
  request() {
    this.requests++
    if (this.timer === null) this.arm()
  }

  arm() {
    this.timer = setTimeout(() => this.look(), EVERY)
    this.timer.unref()
  }

  look() {
    const nothing = this.requests === this.looked && this.underWay() === 0
    this.looked = this.requests
    this.empty = nothing ? this.empty + 1 : 0
    if (this.empty < ENOUGH) return this.arm()
    this.timer = null
    this.empty = 0
  }

  /** Reports whether no request was under way for at least a second. */
  get now() {
    return !this.never && this.timer === null && this.underWay() === 0
  }
}

module.exports = { Calm }
