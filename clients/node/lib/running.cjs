'use strict'
// Which initializers have called the present function, so that one that waits for itself
// fails instead.

let calls // an AsyncLocalStorage: the innermost {key, above, over}
let count = 0 // initializers that run

/** Reports whether the initializer of key, which has not ended, has led here. */
function inside(key) {
  for (let call = calls?.getStore(); call; call = call.above) if (call.key === key && !call.over) return true
  return false
}

/** Runs the initializer of key. */
async function within(key, initializer) {
  calls ??= new (require('node:async_hooks').AsyncLocalStorage)()
  const call = { key, above: calls.getStore(), over: false }
  count++
  try {
    return await calls.run(call, initializer)
  } finally {
    call.over = true
    if (--count === 0) calls.disable() // it makes each promise of the process dearer
  }
}

module.exports = { inside, within }
