import { z } from 'zod'

const Environment = z.object({
  HOST: z.string().default('127.0.0.1'),
  PORT: z.coerce.number().int().default(4000),
  LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error', 'silent']).default('warn'),
  SESSION_SECRET: z.string().min(16).default('only for development'),
  BUCKET: z.string().default('invoices'),
  DATABASE_URL: z.url().optional(),
  REDIS_URL: z.url().optional(),
})

export const config = Environment.parse(process.env)
export type Config = z.infer<typeof Environment>
