import { AsyncLocalStorage } from 'node:async_hooks'
import { defineLocal } from 'hotswap-dev'

globalThis.evaluated = (globalThis.evaluated ?? 0) + 1
const requests = defineLocal('requests', () => {
  globalThis.made = (globalThis.made ?? 0) + 1
  return new AsyncLocalStorage()
})

// What began in the old modules is read by the new ones.
export const answer = (url, again) => requests.run(url, async () => (await again()).answer())
