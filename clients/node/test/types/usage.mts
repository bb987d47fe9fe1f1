// The types are found from an ES module, too.
import hotswap, { getState, namespace } from 'hotswap'

export const visits: number | undefined = await getState<number>('visits')
export const others: number | undefined = await namespace('a').getState<number>('visits')
export const sum: number = await hotswap.incrementState('visits')
