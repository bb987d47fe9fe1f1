import { Hono } from 'hono'
import { jwtVerify, SignJWT } from 'jose'

const secret = new TextEncoder().encode('only for development')

export const account = new Hono()
  .get('/token', async (c) => c.json({ token: await new SignJWT({}).setProtectedHeader({ alg: 'HS256' }).setExpirationTime('1h').sign(secret) }))
  .get('/', async (c) => c.json((await jwtVerify(c.req.header('authorization')?.slice(7) ?? '', secret)).payload))
