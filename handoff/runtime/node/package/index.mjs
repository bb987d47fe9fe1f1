import hotswap from './index.cjs'

export const { onHandoff, adopted } = hotswap
