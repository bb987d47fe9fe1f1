import config from './version.json' with { type: 'json' }

Deno.serve(
  { port: Number(Deno.env.get('PORT') ?? 4000), hostname: Deno.env.get('HOST') ?? '127.0.0.1' },
  (request) => {
    if (new URL(request.url).pathname !== '/ping') return new Response(null, { status: 404 })
    return Response.json({ pong: true, version: config.version, pid: Deno.pid })
  },
)
