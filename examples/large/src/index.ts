import { build } from './app.js'
import { config } from './config.js'
import { version } from './version.js'

const app = await build()
const address = await app.listen({ host: config.HOST, port: config.PORT })
console.log(`version ${version} listens on ${address}`)
