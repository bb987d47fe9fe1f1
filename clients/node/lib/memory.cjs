'use strict'
// Answers requests (docs/state.md) from the memory of the process where hotswap does not
// run it, so that everything above is the same with and without hotswap.

const timers = require('node:timers')
const { HotswapError } = require('./errors.cjs')

const LONGEST = 2 ** 31 - 1 // ms of a timer

class Memory {
  constructor() {
    this.items = new Map() // key → {json} or {bytes}, version, expires, timer
    this.version = 0
    this.requests = new Set() // that are open, in the order in which they came
  }

  async call(op, fields, encoded) {
    const { key, ifVersion } = fields
    const item = this.items.get(key)
    if (ifVersion !== undefined && ifVersion !== (item?.version ?? 0)) throw new HotswapError(`${key} has another version`, 'version')
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
        return { items: this.keys(fields).map((key) => ({ key, version: this.items.get(key).version, size: sizeOf(this.items.get(key)) })) }
    }
    return {}
  }

  open(op, fields, on) {
    const request = new Request(this, op, fields, on)
    queueMicrotask(() => request.over || this.begin(request))
    return request
  }

  begin(request) {
    const { op, fields } = request
    const item = this.items.get(fields.key)
    if (op === 'place') return request.answer({ event: 'place', seq: 1, state: 'serving', serving: true })
    if (op === 'define' && item) return request.answer(valueOf(item))
    this.requests.add(request)
    this.turn(request)
  }

  /** Gives the first of the requests that wait for the same as this one its turn. */
  turn({ op, fields }) {
    for (const request of this.requests) {
      if (request.op !== op || request.fields.key !== fields.key || request.fields.name !== fields.name) continue
      if (!request.first) request.answer(op === 'lease' ? { event: 'granted' } : { run: true })
      request.first = true
      return
    }
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

  /** Sets or deletes the item of a key, and tells those who wait for that. */
  change(key, item) {
    timers.clearTimeout(this.items.get(key)?.timer)
    const version = ++this.version
    if (item) this.items.set(key, Object.assign(item, { version }))
    else this.items.delete(key)
    for (const request of this.requests) {
      if (!item || request.op !== 'define' || request.fields.key !== key || request.first) continue
      this.requests.delete(request)
      request.answer(valueOf(item))
    }
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
  constructor(memory, op, fields, on) {
    this.memory = memory
    this.op = op
    this.fields = fields
    this.on = on
    this.first = false // it has its turn
    this.over = false
  }

  /** Calls on later, as a connection does. */
  answer(message) {
    queueMicrotask(() => this.over || this.on(message))
  }

  send(op, fields, encoded) {
    const { memory } = this
    const { key, ttlMs } = this.fields
    if (op === 'defined') this.answer(valueOf(memory.items.get(key) ?? memory.put(key, encoded, memory.expiry(ttlMs))))
    if (op === 'failed') this.answer({ error: 'the initializer failed', code: 'failed' })
    if (op === 'release') this.answer({ released: true })
    this.leave()
  }

  leave() {
    if (this.memory.requests.delete(this)) this.memory.turn(this)
  }

  awaited() {}

  forget() {
    this.over = true
  }

  cancel() {
    this.forget()
    this.leave()
  }
}

module.exports = { Memory }
