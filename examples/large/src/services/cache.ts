import { Redis } from 'ioredis'
import { LRUCache } from 'lru-cache'
import { config } from '../config.js'

const local = new LRUCache<string, string>({ max: 1000, ttl: 60_000 })
const shared = config.REDIS_URL ? new Redis(config.REDIS_URL, { lazyConnect: true }) : null

/** Gives what was found out before, or finds it out. */
export async function cached(key: string, make: () => Promise<string>): Promise<string> {
  const known = local.get(key) ?? (await shared?.get(key))
  if (known) return known
  const made = await make()
  local.set(key, made)
  await shared?.set(key, made, 'EX', 60)
  return made
}
