import { Router } from 'express'
import multer from 'multer'

const upload = multer({ storage: multer.memoryStorage(), limits: { fileSize: 1 << 20 } })

export const uploads = Router()
uploads.post('/', upload.single('file'), (request, response) => {
  response.json({ bytes: request.file?.size ?? 0 })
})
