import { getLocal } from 'hotswap-dev'

const requests = getLocal('requests')

export const answer = () => ({ url: requests.getStore(), made: globalThis.made, evaluated: globalThis.evaluated })
