import { initTRPC } from '@trpc/server'
import type { CreateHTTPContextOptions } from '@trpc/server/adapters/standalone'
import { jwtVerify } from 'jose'
import superjson from 'superjson'

export const secret = new TextEncoder().encode('only for development')

export async function createContext({ req }: CreateHTTPContextOptions): Promise<{ user?: string }> {
  const token = req.headers.authorization?.replace('Bearer ', '')
  if (!token) return {}
  const { payload } = await jwtVerify(token, secret)
  return { user: payload.sub }
}

export const t = initTRPC.context<{ user?: string }>().create({ transformer: superjson })
