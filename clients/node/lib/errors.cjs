'use strict'
// Errors with the codes of docs/state.md, warnings, and checks of arguments.

const KEY = 512 // bytes of a key

/** An error of a request. Callers look at its code, because a process may have two copies
 * of this class. */
class HotswapError extends Error {
  constructor(message, code) {
    super(message)
    this.code = code
  }
}
HotswapError.prototype.name = 'HotswapError'

/** The error that an answer has. */
function errorOf(answer) {
  return new HotswapError(String(answer.error), typeof answer.code === 'string' ? answer.code : 'unavailable')
}

/** Tells the process of an error that has no caller. */
function warn(what, error) {
  const text = error instanceof Error ? error.message : String(error)
  process.emitWarning(`hotswap: ${what}: ${text}`, {
    type: 'HotswapWarning',
    detail: error instanceof Error && !(error instanceof HotswapError) ? error.stack : undefined,
  })
}

/** The function that was passed, or a TypeError. */
function callable(f, what) {
  if (typeof f !== 'function') throw new TypeError(`hotswap: ${what} must be a function`)
  return f
}

/** A key or the name of a lease, or a TypeError. least is 0 for the beginning of a key. */
function checkName(name, what, least = 1) {
  if (typeof name !== 'string' || name.length < least)
    throw new TypeError(`hotswap: ${what} must be a string of at least ${least} characters`)
  if (/\p{Surrogate}/u.test(name)) throw new TypeError(`hotswap: ${what} has half of a surrogate pair`)
  const size = Buffer.byteLength(name)
  if (size > KEY)
    throw new HotswapError(
      `${what} ${JSON.stringify(name.slice(0, 40))}… has ${size} bytes; the limit is ${KEY}`,
      'too-large',
    )
  return name
}

module.exports = { HotswapError, errorOf, warn, callable, checkName }
