'use strict'
// Values that are any object and stay in this thread, however often its modules are made anew.

const { callable, checkName } = require('./errors.cjs')

// A thread may have several copies of this file, of several versions. All share the map that the
// global object has by this name: from a key to { value }, or to undefined while its initializer runs.
// A version that needs another shape takes another name.
const NAME = Symbol.for('hotswap.local/1')

const values = () => (globalThis[NAME] ??= new Map())

function defineLocal(key, initializer) {
  callable(initializer, 'the initializer')
  const all = values()
  if (all.has(checkName(key, 'the key'))) return entry(key).value
  all.set(key, undefined)
  try {
    all.set(key, { value: initializer() })
  } finally {
    if (!all.get(key)) all.delete(key)
  }
  return all.get(key).value
}

const getLocal = (key) => entry(key).value

function setLocal(key, value) {
  entry(key).value = value
}

/** The entry of a key that is defined. */
function entry(key) {
  const found = values().get(checkName(key, 'the key'))
  if (found) return found
  const name = JSON.stringify(key)
  throw new Error(values().has(key)
    ? `hotswap: the initializer of ${name} uses ${name} itself, which has no value before it returns`
    : `hotswap: nobody has defined ${name} in this thread; call defineLocal(${name}, …) first`)
}

module.exports = { defineLocal, getLocal, setLocal }
