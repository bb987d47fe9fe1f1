//go:build linux

package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// Each save of a module serves, whatever the program does with the file, and what the program writes starts nothing.
func TestSavesOfWhatTheProgramUses(t *testing.T) {
	t.Parallel()
	for what, does := range map[string]string{
		"opens it again and again":      "setInterval(() => fs.closeSync(fs.openSync('val.js', 'a')), 20)",
		"keeps it open":                 "globalThis.fd = fs.openSync('val.js', 'r+')",
		"a child writes one":            "setInterval(() => require('child_process').exec('date +//%N >gen.js'), 200)",
		"a silent child writes another": "setInterval(() => require('child_process').spawn('sh', ['-c', 'date +//%N >gen.js'], { stdio: 'ignore', detached: true }), 200)",
		"writes one in /proc":           "const fd = fs.openSync('gen.js'); setInterval(() => fs.writeFileSync('/proc/self/fd/' + fd, '//' + Date.now()), 200)",
		"keeps another open":            "const fd = fs.openSync('gen.js', 'r+'); setInterval(() => fs.writeSync(fd, '//' + Date.now(), 0), 200)",
		"puts another in its place":     "setInterval(() => { fs.writeFileSync('gen.tmp', '//' + Date.now()); fs.renameSync('gen.tmp', 'gen.js') }, 200)",
	} {
		t.Run(what, func(t *testing.T) {
			spare(t, strings.Contains(what, "another"))
			t.Parallel()
			const saves = 5
			dir := t.TempDir()
			write(t, filepath.Join(dir, "app.js"),
				`const fs = require('fs'); require('./gen.js'); const version = require('./val.js')
				require('http').createServer((q, r) => r.end(String(version))).listen(process.env.PORT, '127.0.0.1'); `+does)
			write(t, filepath.Join(dir, "gen.js"), "// a long first line, longer than what is written")
			write(t, filepath.Join(dir, "val.js"), "module.exports = 0")
			h := start(t, options{dir: dir, command: []string{"node", "app.js"}})
			h.Serving(1)
			for version := range saves {
				testkit.NoError(t, os.WriteFile(filepath.Join(dir, "val.js"),
					fmt.Appendf(nil, "module.exports = %d", version+1), 0o644))
				testkit.Eventually(t, func() error {
					text, err := testkit.Get("http://" + h.addr())
					if err == nil && text != strconv.Itoa(version+1) {
						err = fmt.Errorf("version %s, want %d", text, version+1)
					}
					return err
				})
			}
			// a save empties the file first, which may be a swap of its own
			if n := h.Count(is("serving")); n > 2*saves+1 {
				t.Errorf("%d swaps for %d saves", n-1, saves)
			}
		})
	}
}
