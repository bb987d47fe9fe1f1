import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { nanoid } from 'nanoid'
import PQueue from 'p-queue'
import { config } from '../config.js'

const s3 = new S3Client({ region: 'eu-central-1' })
const uploads = new PQueue({ concurrency: 4 })

/** Keeps a file; returns its key. */
export async function keep(name: string, text: string): Promise<string> {
  const key = `${nanoid()}/${name}`
  await uploads.add(() => s3.send(new PutObjectCommand({ Bucket: config.BUCKET, Key: key, Body: text })))
  return key
}
