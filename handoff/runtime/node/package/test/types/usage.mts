// The types are found from an ES module, too.
import { getState, namespace } from 'hotswap'

export const visits: number | undefined = await getState<number>('visits')
export const others: number | undefined = await namespace('a').getState<number>('visits')
