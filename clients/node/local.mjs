import local from './lib/local.cjs'

export const { defineLocal, getLocal, setLocal } = local
