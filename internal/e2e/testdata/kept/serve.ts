const VERSION = 1

Bun.serve({
  port: Number(process.env.PORT),
  hostname: '127.0.0.1',
  async fetch(request) {
    const { byteLength } = await request.arrayBuffer()
    const body = async function* () {
      for (const pause of request.url.endsWith('/parts') ? [60, 300] : []) {
        yield 'part '
        await Bun.sleep(pause)
      }
      yield `version ${VERSION} size ${byteLength}`
    }
    return new Response(body())
  },
})
