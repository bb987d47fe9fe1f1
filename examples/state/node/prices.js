import { setTimeout as pause } from 'node:timers/promises'
import { incrementState } from 'hotswap-dev'

/** Loads what takes long to load, and counts how often that is done. */
export async function loadPrices() {
  await pause(500)
  await incrementState('prices/runs')
  return { apple: 1.2, pear: 1.5 }
}
