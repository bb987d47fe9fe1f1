import { SignJWT } from 'jose'
import { z } from 'zod'
import { secret, t } from '../trpc.js'

export const account = t.router({
  token: t.procedure.input(z.object({ name: z.string().min(1) })).query(({ input }) => new SignJWT({}).setSubject(input.name).setProtectedHeader({ alg: 'HS256' }).sign(secret)),
  me: t.procedure.query(({ ctx }) => ctx.user ?? null),
})
