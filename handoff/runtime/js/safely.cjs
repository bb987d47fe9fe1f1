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

/** What an error says, for people. */
const reason = (e) => safely(() => String((e && e.message) || e).split('\n')[0].slice(0, 200)) || 'it has no message'

module.exports = { reason, safely }
