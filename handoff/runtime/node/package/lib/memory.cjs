'use strict'
// Answers requests (docs/state.md) from the memory of the process where hotswap does not
// run it, so that everything above is the same with and without hotswap.

const { HotswapError } = require('./errors.cjs')
const { Table } = require('./table.cjs')

class Memory {
  constructor() {
    this.table = new Table((key, item, version) => this.changed(key, item, version))
    this.turns = new Map() // key → the requests to define it; the first has its turn
    this.watches = new Set()
    this.leases = new Map() // name → the requests for it; the first has it
  }

  async call(op, fields, encoded) {
    return CALLS[op](this.table, fields, encoded)
  }

  open(op, fields, on) {
    const request = new LASTING[op](this, fields, on)
    queueMicrotask(() => request.begin())
    return request
  }

  changed(key, item, version) {
    for (const watch of this.watches) watch.changed(key, item, version)
    if (item && this.turns.has(key)) for (const request of this.turns.get(key).splice(1)) request.answer(valueOf(item))
  }
}

/** The fields of an answer that has a value. */
function valueOf(item) {
  return item.bytes === undefined ? { value: JSON.parse(item.json), version: item.version } : { bytes: item.bytes, version: item.version }
}

const CALLS = {
  get(table, { key }) {
    const item = table.get(key)
    return item ? valueOf(item) : { missing: true }
  },
  set: (table, { key, ttlMs, ifVersion }, encoded) => ({ version: table.set(key, encoded, ttlMs, ifVersion).version }),
  add: (table, { key, by }) => valueOf(table.add(key, by)),
  delete: (table, { key, ifVersion }) => ({ deleted: table.delete(key, ifVersion) }),
  list(table, { prefix }) {
    const items = table.entries(prefix).map(({ key, item, order }) => ({ key, version: item.version, size: item.size - order.length }))
    return { items, more: false }
  },
  ready: () => ({}),
  extend: () => ({}),
  status: () => ({}),
}

/** A request that stays open. */
class Request {
  constructor(memory, fields, on) {
    this.memory = memory
    this.fields = fields
    this.on = on
    this.over = false
  }

  /** Calls on later, as a connection does. */
  answer(message) {
    queueMicrotask(() => this.over || this.on(message))
  }

  fail(error) {
    this.answer({ error: error.message, code: error.code ?? 'bad-request' })
  }

  awaited() {}

  forget() {
    this.over = true
  }

  cancel() {
    this.forget()
    this.leave()
  }

  leave() {}
}

class Define extends Request {
  begin() {
    const { key } = this.fields
    const item = this.memory.table.get(key)
    if (this.over) return
    if (item) return this.answer(valueOf(item))
    const turns = this.memory.turns.get(key)
    if (turns) return turns.push(this)
    this.memory.turns.set(key, [this])
    this.answer({ run: true })
  }

  send(op, fields, encoded) {
    const { key, ttlMs } = this.fields
    const { table, turns } = this.memory
    try {
      if (op === 'failed') throw new HotswapError(`the initializer of ${key} failed: ${fields.error}`, 'failed')
      const item = table.get(key) ?? table.set(key, encoded, ttlMs)
      turns.delete(key) // changed has answered the others
      this.answer(valueOf(item))
    } catch (error) {
      this.fail(error)
      this.leave()
    }
  }

  /** Passes the turn on. */
  leave() {
    const { turns } = this.memory
    const waiting = turns.get(this.fields.key)
    if (!waiting?.includes(this)) return
    const had = waiting[0] === this
    waiting.splice(waiting.indexOf(this), 1)
    if (waiting.length === 0) turns.delete(this.fields.key)
    else if (had) waiting[0].answer({ run: true })
  }
}

class Watch extends Request {
  begin() {
    if (this.over) return
    const { key, prefix } = this.fields
    const { table, watches } = this.memory
    this.news = new Map() // key → the newest event that on has not been called with
    watches.add(this)
    const one = key !== undefined && table.get(key)
    const entries = key === undefined ? table.entries(prefix) : one ? [{ key, item: one }] : []
    for (const { key, item } of entries) this.answer({ event: 'set', key, ...valueOf(item) })
    this.answer({ event: 'ready' })
  }

  changed(key, item, version) {
    if (this.fields.key === undefined ? !key.startsWith(this.fields.prefix) : key !== this.fields.key) return
    if (this.news.size === 0) queueMicrotask(() => this.tell())
    this.news.set(key, { item, version })
  }

  tell() {
    const news = [...this.news]
    this.news.clear()
    for (const [key, { item, version }] of news) this.answer(item ? { event: 'set', key, ...valueOf(item) } : { event: 'delete', key, version })
  }

  leave() {
    this.memory.watches.delete(this)
  }
}

class Place extends Request {
  begin() {
    this.answer({ event: 'place', seq: 1, state: 'serving', serving: true })
  }

  send() {}
}

class Lease extends Request {
  begin() {
    if (this.over) return
    const { leases } = this.memory
    const { name } = this.fields
    if (!leases.has(name)) leases.set(name, [])
    const queue = leases.get(name)
    queue.push(this)
    if (queue.length === 1) this.answer({ event: 'granted' })
  }

  send() {
    this.leave()
    this.answer({ released: true })
  }

  leave() {
    const { leases } = this.memory
    const queue = leases.get(this.fields.name) ?? []
    const had = queue[0] === this
    if (queue.includes(this)) queue.splice(queue.indexOf(this), 1)
    if (queue.length === 0) leases.delete(this.fields.name)
    else if (had) queue[0].answer({ event: 'granted' })
  }
}

const LASTING = { define: Define, watch: Watch, place: Place, lease: Lease }

module.exports = { Memory }
