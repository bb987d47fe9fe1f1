const config = require('config')
const debug = require('debug')('app:links')
const Redis = require('ioredis')
const mailer = require('nodemailer')
const router = require('express').Router()

const redis = new Redis(process.env.REDIS_URL, { lazyConnect: true })
const mail = mailer.createTransport({ jsonTransport: true })

router.get('/', (request, response) => {
  debug('redis is %s', redis.status)
  response.render('links', { title: config.get('title'), links: ['a', 'b'] })
})
router.post('/', async (request, response) => {
  response.json(await mail.sendMail({ from: 'a@example.com', to: 'b@example.com', text: 'a link' }))
})
module.exports = router
