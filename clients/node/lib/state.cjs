'use strict'
// State that outlives the process: the functions of a namespace.

const { callable, errorOf, warn } = require('./errors.cjs')
const { Inbox } = require('./inbox.cjs')
const { checkName, checkPrefix } = require('./limits.cjs')
const { defineLocal } = require('./local.cjs')
const { inside, within } = require('./running.cjs')
const { backend } = require('./thread.cjs')
const { encode, decode } = require('./values.cjs')

const LONGEST = 1e12 // ms, 31 years
const TEXT = 1000 // characters of an initializer's error that others are told

/** Returns the functions of the namespace whose keys begin with prefix. */
function functions(prefix) {
  const full = (key) => {
    checkName(key, 'the key')
    if (prefix !== '') checkName(prefix + key, 'the key')
    return prefix + key
  }
  const beginning = (start) => {
    checkPrefix(start, 'the prefix')
    if (prefix !== '') checkPrefix(prefix + start, 'the prefix')
    return prefix + start
  }
  return {
    async defineState(key, initializer, options) {
      callable(initializer, 'the initializer', ', such as () => 0')
      return define(full(key), key, initializer, ttlOf(options))
    },

    async getState(key, options) {
      const answer = await backend().call('get', { key: full(key) })
      const value = answer.missing ? undefined : decode(answer)
      return options?.withVersion ? { value, version: answer.missing ? 0 : answer.version } : value
    },

    async setState(key, value, options) {
      const at = full(key)
      const { version } = await backend().call('set', { key: at, ttlMs: ttlOf(options), ifVersion: versionOf(options) }, encode(value, key))
      return version
    },

    async updateState(key, f, options) {
      callable(f, 'the second argument', ', which gets the value and returns the new one')
      const at = full(key)
      const ttlMs = ttlOf(options)
      return alone(at, () => update(at, key, f, ttlMs))
    },

    async incrementState(key, by = 1) {
      if (!Number.isSafeInteger(by)) throw new TypeError('hotswap: the second argument must be an integer')
      return (await backend().call('add', { key: full(key), by })).value
    },

    async deleteState(key, options) {
      return (await backend().call('delete', { key: full(key), ifVersion: versionOf(options) })).deleted
    },

    async listState(start = '') {
      const from = beginning(start)
      const found = []
      for (let after; ; ) {
        const { items, more } = await backend().call('list', { prefix: from, after })
        for (const { key, version, size } of items) found.push({ key: key.slice(prefix.length), version, size })
        if (!more || items.length === 0) return found
        after = items[items.length - 1].key
      }
    },

    async watchState(what, f) {
      callable(f, 'the second argument')
      const fields = typeof what === 'object' && what !== null ? { prefix: beginning(what.prefix) } : { key: full(what) }
      return watch(fields, (event) => f({ ...event, key: event.key.slice(prefix.length) }))
    },

    defineLocal: (key, initializer) => defineLocal(full(key), initializer),
  }
}

async function define(at, key, initializer, ttlMs) {
  if (inside(at)) throw new Error(`hotswap: the initializer of ${key} needs ${key}`)
  const inbox = new Inbox()
  const request = backend().open('define', { key: at, ttlMs }, inbox.put)
  let failure
  try {
    for (;;) {
      const answer = await inbox.next()
      if (answer.error !== undefined) throw failure ? failure.error : errorOf(answer)
      if (!answer.run) return decode(answer)
      try {
        request.send('defined', {}, encode(await within(at, initializer), key))
      } catch (error) {
        failure = { error }
        request.send('failed', { error: String(error?.message ?? error).slice(0, TEXT) })
      }
    }
  } finally {
    request.forget()
  }
}

async function update(at, key, f, ttlMs) {
  for (;;) {
    const answer = await backend().call('get', { key: at })
    const value = await f(answer.missing ? undefined : decode(answer))
    if (value === undefined) throw new TypeError(`hotswap: the function for ${key} returned undefined; it must return the new value`)
    try {
      const encoded = encode(value, key)
      await backend().call('set', { key: at, ttlMs, ifVersion: answer.missing ? 0 : answer.version }, encoded)
      return decode(encoded.json === undefined ? encoded : { value: JSON.parse(encoded.json) }) // what others read
    } catch (error) {
      if (error.code !== 'version') throw error // else another process was faster
    }
  }
}

const tails = new Map() // key → the end of its last update here

/** Runs the updates of a key one after the other, because those of one process would only
 * make each other repeat. */
async function alone(key, f) {
  const before = tails.get(key)
  const mine = before ? before.then(f) : f()
  const tail = mine.catch(() => {})
  tails.set(key, tail)
  try {
    return await mine
  } finally {
    if (tails.get(key) === tail) tails.delete(key)
  }
}

/** Resolves to a function that ends the watch when f has been called with what exists. */
function watch(fields, f) {
  return new Promise((resolve, reject) => {
    let ready = false
    const failed = (error) => warn('a function of watchState failed', error)
    const request = backend().open('watch', fields, (message) => {
      if (message.error !== undefined) {
        request.forget()
        if (ready) warn('watchState has ended', errorOf(message))
        return reject(errorOf(message))
      }
      if (message.event === 'ready') {
        ready = true
        request.awaited(false)
        return resolve(() => request.cancel())
      }
      try {
        const value = message.event === 'set' ? decode(message) : undefined
        Promise.resolve(f({ key: message.key, value, version: message.version })).catch(failed)
      } catch (error) {
        failed(error)
      }
    })
  })
}

function ttlOf(options) {
  const ttl = options?.ttl
  if (ttl === undefined) return undefined
  if (typeof ttl !== 'number' || !(ttl >= 1 && ttl <= LONGEST)) throw new TypeError(`hotswap: ttl must be a number of milliseconds from 1 to ${LONGEST}`)
  return Math.ceil(ttl)
}

function versionOf(options) {
  const version = options?.ifVersion
  if (version === undefined || (Number.isSafeInteger(version) && version >= 0)) return version
  throw new TypeError('hotswap: ifVersion must be a version, or 0')
}

module.exports = { functions }
