'use strict'

const { EventEmitter, on } = require('node:events')

/** Collects the answers of a request for a function that awaits them one by one. */
class Inbox extends EventEmitter {
  #messages = on(this, 'message')
  put = (message) => void this.emit('message', message)

  /** Resolves to the next message. */
  async next() {
    return (await this.#messages.next()).value[0]
  }
}

module.exports = { Inbox }
