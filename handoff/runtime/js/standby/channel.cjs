'use strict'
// What a process of a standby and hotswap say to each other, without the event loop. Bun's adapter
// loads this file, too.
// handoff/runtime/standby has the protocol. Descriptors are open only for the moment,
// so that the program's own get their usual numbers.

const { constants, openSync, closeSync, readSync, writeSync, readFileSync, existsSync } = require('fs')

class Channel {
  /** die ends the process. */
  constructor(folder, die) {
    this.folder = folder
    this.die = die
    this.plan = JSON.parse(readFileSync(folder + '/plan.json', 'utf8'))
  }

  say(message) {
    const line = Buffer.from(JSON.stringify(message) + '\n')
    this.with('up', constants.O_WRONLY, (fd) => {
      for (let at = 0; at < line.length;) at += again(() => writeSync(fd, line, at))
    })
  }

  /** Reports whether hotswap has released the program. */
  released() {
    return existsSync(this.folder + '/go')
  }

  /** Sends the messages, and returns when the program may run. Nothing of the process
   * runs meanwhile. */
  wait(messages) {
    if (this.released()) return
    for (const message of messages) this.say(message)
    const byte = Buffer.alloc(1)
    const read = this.with('down', constants.O_RDONLY, (fd) => again(() => readSync(fd, byte, 0, 1, null)))
    if (read !== 1 || !this.released()) this.die() // hotswap has gone
  }

  with(pipe, flags, use) {
    try {
      const fd = openSync(this.folder + '/' + pipe, flags)
      try {
        return use(fd)
      } finally {
        closeSync(fd)
      }
    } catch (e) {
      this.die()
    }
  }
}

/** Repeats a call that a signal has interrupted. */
function again(call) {
  for (;;) {
    try {
      return call()
    } catch (e) {
      if (e.code !== 'EINTR') throw e
    }
  }
}

module.exports = { Channel }
