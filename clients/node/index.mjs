import hotswap from './index.cjs'

export default hotswap
export const { onHandoff, adopted } = hotswap
export const { defineState, getState, setState, updateState, incrementState, deleteState, listState } = hotswap
export const { onServe, onDrain, generation, lease } = hotswap
