'use strict'
// State that outlives the process.

const { backend } = require('./connection.cjs')
const { callable, checkName, errorOf } = require('./errors.cjs')
const { Inbox } = require('./inbox.cjs')
const { Turns } = require('./turns.cjs')
const { encode, decode } = require('./values.cjs')

const LONGEST = 1e12 // ms, 31 years

const updates = new Turns() // because those of one process would only make each other repeat

async function defineState(key, initializer, options) {
  callable(initializer, 'the initializer')
  const inbox = new Inbox()
  const fields = { key: checkName(key, 'the key'), ttlMs: ttlOf(options) }
  const open = (on) => backend().open('define', fields, on)
  let ran = false // else it waits for a new hotswap, as call() does
  let request = open((answer) => (answer.closed && !ran ? (request = open(inbox.put)) : inbox.put(answer)))
  let failure
  try {
    for (;;) {
      const answer = await inbox.next()
      if (answer.error !== undefined) throw failure ? failure.error : errorOf(answer)
      if (!answer.run) return decode(answer)
      ran = true
      try {
        request.send('defined', {}, encode(await initializer(), key))
      } catch (error) {
        failure = { error }
        request.send('failed')
      }
    }
  } finally {
    request.forget()
  }
}

async function getState(key) {
  const answer = await backend().call('get', { key: checkName(key, 'the key') })
  return answer.missing ? undefined : decode(answer)
}

async function setState(key, value, options) {
  await backend().call('set', { key: checkName(key, 'the key'), ttlMs: ttlOf(options) }, encode(value, key))
}

async function updateState(key, f, options) {
  callable(f, 'the second argument')
  checkName(key, 'the key')
  const ttlMs = ttlOf(options)
  return updates.take(key, () => update(key, f, ttlMs))
}

async function update(key, f, ttlMs) {
  for (;;) {
    const answer = await backend().call('get', { key })
    const value = await f(answer.missing ? undefined : decode(answer))
    if (value === undefined)
      throw new TypeError(`hotswap: the function for ${key} returned undefined; it must return the new value`)
    const encoded = encode(value, key)
    try {
      await backend().call('set', { key, ttlMs, ifVersion: answer.missing ? 0 : answer.version }, encoded)
      return encoded.bytes === undefined ? JSON.parse(encoded.json) : decode(encoded) // what others read
    } catch (error) {
      if (error.code !== 'version') throw error // else another process was faster
    }
  }
}

async function incrementState(key, by = 1) {
  if (!Number.isSafeInteger(by)) throw new TypeError('hotswap: the second argument must be an integer')
  return (await backend().call('add', { key: checkName(key, 'the key'), by })).value
}

async function deleteState(key) {
  return (await backend().call('delete', { key: checkName(key, 'the key') })).deleted
}

async function listState(prefix = '') {
  checkName(prefix, 'the prefix', 0)
  const found = []
  for (let after; ; after = found[found.length - 1].key) {
    const { items, more } = await backend().call('list', { prefix, after })
    for (const { key, size } of items) found.push({ key, size })
    if (!more) return found
  }
}

function ttlOf(options) {
  const ttl = options?.ttl
  if (ttl === undefined) return undefined
  if (typeof ttl !== 'number' || !(ttl >= 1 && ttl <= LONGEST))
    throw new TypeError(`hotswap: ttl must be a number of milliseconds from 1 to ${LONGEST}`)
  return Math.ceil(ttl)
}

module.exports = { defineState, getState, setState, updateState, incrementState, deleteState, listState }
