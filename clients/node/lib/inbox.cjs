'use strict'

/** Collects the answers of a request for a function that awaits them one by one. */
class Inbox {
  constructor() {
    this.messages = []
    this.wake = null
    this.put = (message) => {
      this.messages.push(message)
      this.wake?.()
      this.wake = null
    }
  }

  /** Resolves to the next message. One caller at a time. */
  async next() {
    if (this.messages.length === 0) await new Promise((wake) => (this.wake = wake))
    return this.messages.shift()
  }
}

module.exports = { Inbox }
