export default {
  server: { proxy: Object.fromEntries(['/ping', '/echo'].map((path) => [path, `http://127.0.0.1:${process.env.BACKEND}`])) },
  clearScreen: false,
}
