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
    this.halted = new Set() // connections from which nothing is read any more
    this.idle = new Set() // the others that are to move
    this.given = new Map() // id → connection
    this.ids = 0
    this.turning = false
  }

  /** Moves an idle connection. It is served until its turn comes. */
  add(c) {
    if (this.halted.size + this.given.size < MOST) return this.halt(c)
    if (c.leaving || this.halted.has(c)) return
    this.idle.add(c)
    this.turn()
  }

  /** Moves a connection, and reads nothing from it from here on: the client may have written
   * the next request already, which is for the new process. */
  halt(c) {
    if (c.leaving || this.halted.has(c)) return
    this.pause(c)
    this.halted.add(c)
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
    for (const list of [this.halted, this.idle]) {
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
    this.pause(c)
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
    c.stays = this.may(c) // not if this process serves again
    c.since = clock() // a request may have arrived that has to be read first
    unmuteEnd(handleOf(c.socket))
    this.read(c)
  }

  pause(c) {
    if (c.paused) return
    c.paused = true
    pauseRead(handleOf(c.socket))
  }

  read(c) {
    if (!c.paused) return
    c.paused = false
    resumeRead(handleOf(c.socket))
  }

  /** Moves no further connection. */
  cancel() {
    for (const list of [this.halted, this.idle]) {
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
