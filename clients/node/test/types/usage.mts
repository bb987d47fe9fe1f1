// The types are found from an ES module, too.
import hotswap, { getState } from 'hotswap-dev'

export const visits: number | undefined = await getState<number>('visits')
export const sum: number = await hotswap.incrementState('visits')
