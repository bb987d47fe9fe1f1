import { defineLocal, getLocal, setLocal } from 'hotswap-dev/local'

export default {
  fetch() {
    defineLocal('visits', () => 0)
    setLocal('visits', getLocal('visits') + 1)
    return new Response(`visit ${getLocal('visits')}`)
  },
}
