'use strict'
// Answers requests (docs/state.md) from the memory of the process where hotswap does not
// run it, so that everything above is the same with and without hotswap.

const timers = require('node:timers')
const { HotswapError } = require('./errors.cjs')
const { Turns } = require('./turns.cjs')

const LONGEST = 2 ** 31 - 1 // ms of a timer

class Memory {
  constructor() {
    this.items = new Map() // key → {json} or {bytes}, version, expires, timer
    this.version = 0
    this.turns = new Turns() // of initializers and leases
  }

  async call(op, fields, encoded) {
    const { key, ifVersion } = fields
    const item = this.items.get(key)
    if (ifVersion !== undefined && ifVersion !== (item?.version ?? 0))
      throw new HotswapError(`${key} has another version`, 'version')
    switch (op) {
      case 'get':
        return item ? valueOf(item) : { missing: true }
      case 'set':
        return { version: this.put(key, encoded, this.expiry(fields.ttlMs)).version }
      case 'add':
        return this.add(key, item, fields.by)
      case 'delete':
        if (item) this.change(key)
        return { deleted: item !== undefined }
      case 'list':
        return {
          items: this.keys(fields).map((key) => ({
            key,
            version: this.items.get(key).version,
            size: sizeOf(this.items.get(key)),
          })),
        }
    }
  }

  open(op, fields, on) {
    const request = new Request(this, fields, on)
    if (op === 'place') request.answer({ event: 'place', seq: 1, state: 'serving', serving: true })
    else this.turns.take(`${op} ${fields.key ?? fields.name}`, async () => request.begin(op))
    return request
  }

  add(key, item, by) {
    const old = item ? item.json : '0'
    if (!/^-?[0-9]+$/.test(old)) throw new HotswapError(`${key} has another value than an integer`, 'type')
    const sum = BigInt(old) + BigInt(by)
    if (BigInt.asIntN(64, sum) !== sum) throw new HotswapError(`the sum of ${key} needs more than 64 bits`, 'type')
    return valueOf(this.put(key, { json: String(sum) }, item?.expires))
  }

  expiry(ttlMs) {
    return ttlMs === undefined ? undefined : Date.now() + ttlMs
  }

  put(key, encoded, expires) {
    const item = { ...encoded, expires }
    const left = expires - Date.now()
    if (left <= LONGEST) item.timer = timers.setTimeout(() => this.change(key), Math.max(left, 0)).unref() // else it outlives the process
    this.change(key, item)
    return item
  }

  /** Sets or deletes the item of a key. */
  change(key, item) {
    timers.clearTimeout(this.items.get(key)?.timer)
    const version = ++this.version
    if (item) this.items.set(key, Object.assign(item, { version }))
    else this.items.delete(key)
  }

  /** Returns the keys that begin with a prefix, in the order of UTF-8. */
  keys({ prefix }) {
    const found = [...this.items.keys()].filter((key) => key.startsWith(prefix))
    return found.sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
  }
}

const sizeOf = ({ json, bytes }) => (bytes === undefined ? Buffer.byteLength(json) : Buffer.byteLength(bytes, 'base64'))

/** The fields of an answer that has a value. */
function valueOf({ json, bytes, version }) {
  return bytes === undefined ? { value: JSON.parse(json), version } : { bytes, version }
}

/** A request that stays open. */
class Request {
  constructor(memory, fields, on) {
    this.memory = memory
    this.fields = fields
    this.on = on
    this.over = false // nobody hears its answers
    this.ended = new Promise((resolve) => (this.end = resolve)) // its turn, taken or not
  }

  /** Calls on later, as a connection does. */
  answer(message) {
    queueMicrotask(() => this.over || this.on(message))
  }

  /** Begins its turn, and returns the end of that. */
  begin(op) {
    const item = op === 'define' && this.memory.items.get(this.fields.key)
    this.answer(item ? valueOf(item) : op === 'lease' ? { event: 'granted' } : { run: true })
    return item ? undefined : this.ended
  }

  send(op, fields, encoded) {
    const { memory } = this
    const { key, ttlMs } = this.fields
    if (op === 'defined') this.answer(valueOf(memory.items.get(key) ?? memory.put(key, encoded, memory.expiry(ttlMs))))
    if (op === 'failed') this.answer({ error: 'the initializer failed', code: 'failed' })
    if (op === 'release') this.answer({ released: true })
    this.end()
  }

  awaited() {}

  forget() {
    this.over = true
  }

  cancel() {
    this.forget()
    this.end()
  }
}

module.exports = { Memory }
