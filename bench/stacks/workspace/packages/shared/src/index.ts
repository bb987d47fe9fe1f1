export { saved } from './version.js'
export { log } from './log.js'
export { Customer, newCustomer } from './customer.js'
