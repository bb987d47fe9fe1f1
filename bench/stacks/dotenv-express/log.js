const log4js = require('log4js')

log4js.configure({ appenders: { out: { type: 'stdout' } }, categories: { default: { appenders: ['out'], level: process.env.LOG_LEVEL } } })
module.exports = log4js.getLogger()
