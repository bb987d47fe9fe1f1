import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { getSignedUrl } from '@aws-sdk/s3-request-presigner'
import { Hono } from 'hono'

const s3 = new S3Client({ region: 'eu-central-1', credentials: { accessKeyId: 'none', secretAccessKey: 'none' } })

export const files = new Hono().get('/:key', async (c) => {
  const url = await getSignedUrl(s3, new GetObjectCommand({ Bucket: 'files', Key: c.req.param('key') }), { expiresIn: 60 })
  return c.json({ url })
})
