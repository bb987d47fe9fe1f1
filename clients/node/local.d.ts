export { defineLocal, getLocal, setLocal } from './index.js'
