'use strict'

/** Calls f, and keeps its error from the program, which is more important; the result is undefined then. Bun's
 * adapter loads this file, too. */
function safely(f, ...args) {
  try {
    return f(...args)
  } catch (e) {
    return undefined
  }
}

module.exports = { safely }
