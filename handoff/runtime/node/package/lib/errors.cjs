'use strict'
// Errors with the codes of docs/state.md, and warnings.

/** An error of a request. Callers look at its code, because a process may have two copies
 * of this class. */
class HotswapError extends Error {
  constructor(message, code, version) {
    super(message)
    this.code = code
    if (version !== undefined) this.version = version
  }
}
HotswapError.prototype.name = 'HotswapError'

/** The error that an answer has. */
function errorOf(answer) {
  return new HotswapError(String(answer.error), typeof answer.code === 'string' ? answer.code : 'unavailable', answer.version)
}

/** Tells the process of an error that has no caller. */
function warn(what, error) {
  const text = error instanceof Error ? error.message : String(error)
  process.emitWarning(`hotswap: ${what}: ${text}`, { type: 'HotswapWarning', detail: error instanceof Error && !(error instanceof HotswapError) ? error.stack : undefined })
}

/** The function that was passed, or a TypeError. */
function callable(f, what, hint = '') {
  if (typeof f !== 'function') throw new TypeError(`hotswap: ${what} must be a function${hint}`)
  return f
}

module.exports = { HotswapError, errorOf, warn, callable }
