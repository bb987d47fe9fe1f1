//go:build linux

package e2e

import (
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// readline is a server that says which version it is, and which lines it reads. If
// the process whose number is in the file standby lives when it begins, it says so.
const readline = `const version = 1
const fs = require('fs')
if (fs.existsSync('standby')) {
  let lives = true
  try { process.kill(+fs.readFileSync('standby', 'utf8'), 0) } catch { lives = false }
  console.error('the standby lives: ' + lives)
}
require('readline').createInterface({ input: process.stdin }).on('line', (l) => console.error('version ' + version + ' has read ' + l))
require('http').createServer((q, r) => r.end('version ' + version)).listen(process.env.PORT, '127.0.0.1')
`

// With --stdin the keyboard is the serving generation's; a standby reads nothing of
// what is typed while it waits.
func TestWarmAtATerminal(t *testing.T) {
	t.Parallel()
	dir, port := t.TempDir(), freePort(t)
	main := filepath.Join(dir, "main.js")
	write(t, main, strings.Replace(readline, "process.env.PORT", port, 1))
	c := terminal(t, dir, "--stdin", "--verbose", "--", "node", "main.js")
	c.Sees("generation 1 serves")
	c.Type("one\r")
	c.Sees("version 1 has read one")
	for v := 2; v <= 3; v++ {
		c.Sees("generation " + strconv.Itoa(v) + " is ready as a standby")
		for _, line := range []string{"two", "three"} {
			c.Type(line + "\r")
			c.Sees("version " + strconv.Itoa(v-1) + " has read " + line)
		}
		write(t, main, strings.Replace(strings.Replace(readline, "process.env.PORT", port, 1), "version = 1", "version = "+strconv.Itoa(v), 1))
		c.Sees("generation " + strconv.Itoa(v) + " serves")
		c.Type("four\r")
		c.Sees("version " + strconv.Itoa(v) + " has read four")
	}
	c.Type(testkit.CtrlC)
	c.Ends(0)
}

// At a terminal Node listens to its size for a package that looks at process.stdout,
// as many do: it is loaded ahead all the same.
func TestWarmPackagesAtATerminal(t *testing.T) {
	t.Parallel()
	dir, port := t.TempDir(), freePort(t)
	main := filepath.Join(dir, "main.js")
	text := `console.log('loaded ' + (require('looks').at < 0 ? 'ahead of' : 'after') + ' the save')
require('http').createServer((q, r) => r.end('version 1')).listen(` + port + `, '127.0.0.1')
`
	looks := filepath.Join(dir, "node_modules", "looks")
	write(t, filepath.Join(looks, "package.json"), `{"name":"looks","version":"1.0.0"}`)
	write(t, filepath.Join(looks, "index.js"), "exports.at = Date.now()\nexports.tty = process.stdout.isTTY && process.stderr.isTTY\n")
	write(t, main, text)
	c := terminal(t, dir, "--verbose", "--", "node", "main.js")
	c.Sees("loaded after the save")
	c.Sees("· 1 package ahead") // not the first standby, which loads none
	write(t, main, strings.Replace(text, "at < 0", "at < "+strconv.FormatInt(time.Now().UnixMilli(), 10), 1))
	c.Sees("loaded ahead of the save")
	c.Type(testkit.CtrlC)
	c.Ends(0)
}
