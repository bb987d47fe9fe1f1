const saved = 1
export { saved }
