'use strict'
// The way of HTTP/1 connections out of this process, between two requests: hotswap gets
// the socket, and the server of the new process accepts it. Until hotswap says that a
// process has it, the socket stays open here and nothing is read from it, so that this
// process can go on with it. A request that arrives meanwhile waits in the kernel.

const { setImmediate } = require('timers') // the program may replace the globals
const { active, between, handleOf, isGone, muteEnd, pauseRead, postponeClose, resumeRead, unmuteEnd } = require('../internals.cjs')

const MOST = 64 // that hotswap has at once

const clock = performance.now.bind(performance)

class Leave {
  /** send(message, handle, done) calls done when both have been sent. may(c) reports whether
   * a connection may move. */
  constructor(send, may) {
    this.send = send
    this.may = may
    this.answered = new Set() // connections whose newest answer has just been written
    this.idle = new Set() // the others that are to move
    this.given = new Map() // id → connection
    this.ids = 0
    this.turning = false
  }

  /** Moves an idle connection when its turn comes. Until then it is served. */
  add(c) {
    if (c.leaving || this.answered.has(c)) return
    this.idle.add(c)
    this.turn()
  }

  /** Moves a connection whose newest answer has been written. The client may write the next
   * request at any moment, so nothing is read from here on. */
  behindAnswer(c) {
    if (c.leaving) return
    this.halt(c)
    this.answered.add(c)
    this.turn()
  }

  /** Steps when the event loop has read everything: a read that is under way may have
   * another request. */
  turn() {
    if (this.turning) return
    this.turning = true
    setImmediate(() => {
      this.turning = false
      try {
        this.step()
      } catch (e) {
        this.cancel() // these are told
      }
    })
  }

  step() {
    const parsers = new Map() // server → those that are active
    const where = ({ server, socket }) => {
      if (!parsers.has(server)) parsers.set(server, active(server))
      return between(socket, parsers.get(server))
    }
    for (const list of [this.answered, this.idle]) {
      for (const c of list) {
        if (this.given.size >= MOST) return
        list.delete(c)
        if (isGone(c.socket) || c.leaving) continue
        let at = ''
        try {
          if (this.may(c)) at = where(c)
        } catch (e) {
          c.stays = true
        }
        if (at === '') this.read(c)
        else this.give(c, at === 'fresh')
      }
    }
  }

  give(c, fresh) {
    this.halt(c)
    const { socket } = c
    const handle = handleOf(socket)
    const id = ++this.ids
    c.leaving = true
    this.given.set(id, c)
    muteEnd(handle)
    const allowClose = postponeClose(handle)
    this.send({ type: 'pass', id, port: socket.localPort, fresh }, handle, (error) => {
      allowClose()
      if (error) this.passed({ id, error: 'hotswap is gone' })
    })
  }

  /** hotswap says whether another process has taken a connection. */
  passed({ id, error }) {
    const c = this.given.get(id)
    if (!c) return
    this.given.delete(id)
    this.turn()
    if (isGone(c.socket)) return
    if (!error) {
      c.socket.destroy()
      return
    }
    c.leaving = false
    c.stays = true
    c.since = clock() // a request may have arrived that has to be read first
    unmuteEnd(handleOf(c.socket))
    this.read(c)
  }

  halt(c) {
    if (c.halted) return
    c.halted = true
    pauseRead(handleOf(c.socket))
  }

  read(c) {
    if (!c.halted) return
    c.halted = false
    resumeRead(handleOf(c.socket))
  }

  /** Moves no further connection. */
  cancel() {
    for (const list of [this.answered, this.idle]) {
      for (const c of list) if (!isGone(c.socket)) this.read(c)
      list.clear()
    }
  }

  /** hotswap is gone. Another process may have what was given, so this process may not
   * read from it again. */
  end() {
    this.cancel()
    for (const c of this.given.values()) c.socket.destroy()
    this.given.clear()
  }
}

module.exports = { Leave }
