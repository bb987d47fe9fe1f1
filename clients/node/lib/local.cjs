'use strict'
// Values that cannot leave the process, made once per thread.

const { types } = require('node:util')
const { callable } = require('./errors.cjs')
const { checkName } = require('./limits.cjs')
const { thread } = require('./thread.cjs')

const BEGUN = Symbol.for('hotswap.begun')

/** Returns what initializer has returned at the first call with this key: a value or a
 * promise. An initializer that fails runs again at the next call. */
function defineLocal(key, initializer) {
  checkName(key, 'the key')
  callable(initializer, 'the initializer')
  const { locals } = thread()
  if (locals.get(key) === BEGUN) throw new Error(`hotswap: the initializer of ${key} needs ${key}`)
  if (locals.has(key)) return locals.get(key)
  locals.set(key, BEGUN)
  let value
  try {
    value = initializer()
  } catch (error) {
    locals.delete(key)
    throw error
  }
  locals.set(key, value)
  if (types.isPromise(value)) {
    value.catch(() => {
      if (locals.get(key) === value) locals.delete(key)
    })
  }
  return value
}

module.exports = { defineLocal }
