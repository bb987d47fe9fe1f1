'use strict'

/** Keeps the adapter's errors from the program, which is more important. Bun's adapter loads this file, too. */
function safely(f, ...args) {
  try {
    return f(...args)
  } catch (e) {
    return undefined // hotswap gets no answer
  }
}

module.exports = { safely }
