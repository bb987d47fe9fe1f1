const app = require('fastify')()

app.get('/ping', async () => ({ pong: true, version: Number(process.env.HOTSWAP_GENERATION), pid: process.pid }))
app.listen({ port: Number(process.env.PORT), host: '127.0.0.1' })
