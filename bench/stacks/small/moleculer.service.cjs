const Api = require('moleculer-web')
const { add, list } = require('./log.mjs')
const { handler } = require('./web.mjs')

const saved = 1
module.exports = {
  name: 'api',
  mixins: [Api],
  settings: { port: process.env.PORT, ip: '127.0.0.1', routes: [{ path: '/', bodyParsers: false, use: [handler({ add, list, version: () => saved })] }] },
}
