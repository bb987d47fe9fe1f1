require('dotenv').config({ quiet: true })
const express = require('express')
const chalk = require('chalk')
const config = require('config')
const session = require('cookie-session')
const debug = require('debug')('app:start')
const morgan = require('morgan')
const override = require('method-override')
const log = require('./log')

const app = express()
app.set('view engine', 'ejs')
app.set('views', `${__dirname}/views`)
app.use(morgan('dev', { skip: (_, response) => response.statusCode < 500 }))
app.use(require('./routes/ping'))
app.use(override('_method'))
app.use(session({ ...config.get('session'), keys: ['only for development'] }))
app.use('/links', require('./routes/links'))

const port = process.env.PORT || 4000
app.listen(port, '127.0.0.1', () => {
  debug('%s listens on %s', chalk.green(config.get('title')), port)
  log.debug('listening')
})
