import mongoose from 'mongoose'

const schema = new mongoose.Schema(
  {
    name: { type: String, required: true, trim: true },
    email: { type: String, required: true, lowercase: true, index: true },
    roles: [{ type: String, enum: ['admin', 'editor', 'reader'] }],
  },
  { timestamps: true },
)
schema.virtual('label').get(function () {
  return `${this.name} <${this.email}>`
})

export const User = mongoose.model('User', schema)
