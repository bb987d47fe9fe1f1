// Values that are any object and stay in this thread, however often its modules are made anew. Imports nothing, so that
// it runs wherever a bundler leads it.

// A thread may have several copies of this file, of several versions. All share the map that the global object has by
// this name: from a key to { value }, or to undefined while its initializer runs. A version that needs another shape
// takes another name.
const values = (globalThis[Symbol.for('hotswap.local/1')] ??= new Map())

export function defineLocal(key, initializer) {
  if (typeof key !== 'string' || typeof initializer !== 'function')
    throw new TypeError('hotswap: defineLocal takes a string and a function')
  if (values.has(key)) return entry(key).value
  values.set(key)
  try {
    values.set(key, { value: initializer() })
  } finally {
    if (!values.get(key)) values.delete(key)
  }
  return entry(key).value
}

export const getLocal = (key) => entry(key).value

export function setLocal(key, value) {
  entry(key).value = value
}

/** The entry of a key that is defined. */
function entry(key) {
  const found = values.get(key)
  if (found) return found
  const name = JSON.stringify(String(key))
  throw new Error(
    values.has(key)
      ? `hotswap: the initializer of ${name} asks for ${name} itself`
      : `hotswap: nothing has defined ${name} in this thread; call defineLocal(${name}, …) first`,
  )
}
