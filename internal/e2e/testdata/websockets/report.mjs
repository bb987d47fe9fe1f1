// report writes a tally as a line of JSON now and then, until standard input ends
// and the clients have ended; the last line is the whole.
export function report(tally, end) {
  const say = (over) => console.log(JSON.stringify({ ...tally, over }))
  const often = setInterval(say, 50, false)
  process.stdin.resume().on('end', async () => {
    clearInterval(often)
    await end()
    say(true)
    process.exit()
  })
}
