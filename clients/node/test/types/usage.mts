// The types are found from an ES module, too.
import hotswap, { getState } from 'hotswap-dev'
import { defineLocal, getLocal, setLocal } from 'hotswap-dev/local'

export const visits: number | undefined = await getState<number>('visits')
export const sum: number = await hotswap.incrementState('visits')

const requests: Map<string, number> = defineLocal('requests', () => new Map<string, number>())
const again = getLocal<Map<string, number>>('requests')
setLocal('requests', again ?? requests)
// @ts-expect-error a function is needed
defineLocal('requests', 3)
