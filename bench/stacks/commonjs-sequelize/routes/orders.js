const _ = require('lodash')
const async = require('async')
const moment = require('moment-timezone')
const router = require('express').Router()
const uuid = require('uuid')
const validator = require('validator')
const { Order, Customer } = require('../models')

router.post('/', async (request, response) => {
  const order = Order.build(_.pick(request.body, ['total']))
  await order.validate()
  const customer = Customer.build({ name: 'somebody', email: 'somebody@example.com' })
  const ids = await async.map([1, 2, 3], async (n) => uuid.v5(String(n), uuid.v5.URL))
  response.json({ order, customer, ids, mail: validator.isEmail(customer.email), at: moment().tz('Europe/Berlin').format() })
})
module.exports = router
