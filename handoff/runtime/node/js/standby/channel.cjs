'use strict'
// What a process of a standby has to do with hotswap, all of it without the event
// loop. A folder has plan.json, what to hold and to load; up, a pipe to which each
// message is a line of JSON; down, a pipe from which each that waits reads one
// byte; and go, a file that is there when nobody waits any more. Descriptors are
// open only for the moment, so that the program's own have the numbers that they
// always have.

const { constants, openSync, closeSync, readSync, writeSync, readFileSync, existsSync } = require('fs')
const { reallyExit } = process

const PREPARE = 1

class Channel {
  constructor(folder) {
    this.folder = folder
    this.plan = JSON.parse(readFileSync(folder + '/plan.json', 'utf8'))
    this.die = () => die()
  }

  say(message) {
    const line = Buffer.from(JSON.stringify(message) + '\n')
    this.with('up', constants.O_WRONLY, (fd) => {
      for (let at = 0; at < line.length; ) at += again(() => writeSync(fd, line, at))
    })
  }

  /** Whether the program has been let go. */
  gone() {
    return existsSync(this.folder + '/go')
  }

  /** Tells the results, if hotswap still wants to know, and returns true when the
   * program may go on, false if it is to prepare itself for that. Nothing of the
   * process runs meanwhile. */
  wait(results) {
    if (this.gone()) return true
    for (const message of results || []) this.say(message)
    const byte = Buffer.alloc(1)
    const read = this.with('down', constants.O_RDONLY, (fd) => again(() => readSync(fd, byte, 0, 1, null)))
    if (read === 1 && this.gone()) return true
    if (read !== 1 || byte[0] !== PREPARE) die() // nobody is there who could let it go
    return false
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
      die()
    }
  }
}

/** Repeats what a signal has interrupted: read(2) with EINTR. */
function again(call) {
  for (;;) {
    try {
      return call()
    } catch (e) {
      if (e.code !== 'EINTR') throw e
    }
  }
}

/** Ends the process without a word, and without the program's listeners. */
function die() {
  try {
    process.kill(process.pid, 'SIGKILL')
  } finally {
    reallyExit.call(process, 1)
  }
}

module.exports = { Channel, die }
