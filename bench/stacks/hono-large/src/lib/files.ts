import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3'

const s3 = new S3Client({ region: 'eu-central-1', endpoint: 'http://127.0.0.1:9', credentials: { accessKeyId: 'none', secretAccessKey: 'none' } })

export const files = {
  get: (key: string) => s3.send(new GetObjectCommand({ Bucket: 'files', Key: key })),
  put: (key: string, body: string) => s3.send(new PutObjectCommand({ Bucket: 'files', Key: key, Body: body })),
}
