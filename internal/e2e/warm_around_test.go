//go:build linux

package e2e

import (
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// With --stdin the keyboard is the serving generation's; a standby reads nothing of what is typed while it waits. At a
// terminal Node listens to its size for a package that looks at process.stdout, as many do: it is loaded ahead all the
// same.
func TestWarmAtATerminal(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	text := strings.Replace(`const version = 1
require('looks')
require('readline').createInterface({ input: process.stdin }).on('line', (l) => console.error('version ' + version + ' has read ' + l))
require('http').createServer((q, r) => r.end('version ' + version)).listen(PORT, '127.0.0.1')
`, "PORT", freePort(t), 1)
	looks := filepath.Join(dir, "node_modules", "looks")
	write(t, filepath.Join(looks, "package.json"), `{"name":"looks","version":"1.0.0"}`)
	write(t, filepath.Join(looks, "index.js"), "exports.tty = process.stdout.isTTY && process.stderr.isTTY\n")
	write(t, filepath.Join(dir, "main.js"), text)
	c := terminal(t, dir, "--stdin", "--verbose", "--", "node", "main.js")
	c.Sees("generation 1 serves")
	c.Type("one\r")
	c.Sees("version 1 has read one")
	for v := 2; v <= 3; v++ {
		c.Sees("· 1 package ahead") // not the first standby, which loads none
		for _, line := range []string{"two", "three"} {
			c.Type(line + "\r")
			c.Sees("version " + strconv.Itoa(v-1) + " has read " + line)
		}
		write(t, filepath.Join(dir, "main.js"), strings.Replace(text, "version = 1", "version = "+strconv.Itoa(v), 1))
		c.Sees("generation " + strconv.Itoa(v) + " serves")
		c.Type("four\r")
		c.Sees("version " + strconv.Itoa(v) + " has read four")
	}
	c.Type(testkit.CtrlC)
	c.Ends(0)
}
