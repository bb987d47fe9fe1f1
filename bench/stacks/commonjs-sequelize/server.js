global.Promise = require('bluebird')
require('colors')
require('express-async-errors')
const bodyParser = require('body-parser')
const express = require('express')
const winston = require('winston')

const log = winston.createLogger({ level: 'info', transports: [new winston.transports.Console({ format: winston.format.simple() })] })
const app = express()
app.use(bodyParser.json())
app.use(require('./routes/ping'))
app.use('/orders', require('./routes/orders'))
app.use('/files', require('./routes/files'))

const port = process.env.PORT || 4000
app.listen(port, '127.0.0.1', () => log.info(`listening on ${port}`.green))
