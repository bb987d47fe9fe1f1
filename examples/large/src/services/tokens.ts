import { SignJWT, jwtVerify } from 'jose'
import jwt from 'jsonwebtoken'
import semver from 'semver'
import { config } from '../config.js'

const secret = new TextEncoder().encode(config.SESSION_SECRET)

export const issue = (user: string) =>
  new SignJWT({ client: '2.1.0' }).setProtectedHeader({ alg: 'HS256' }).setSubject(user).setExpirationTime('1h').sign(secret)

/** Tells who it is; clients before 2 sign as they did. */
export async function verify(token: string, client = '2.0.0'): Promise<string | undefined> {
  if (semver.lt(client, '2.0.0')) return jwt.verify(token, config.SESSION_SECRET).sub as string
  return (await jwtVerify(token, secret)).payload.sub
}
