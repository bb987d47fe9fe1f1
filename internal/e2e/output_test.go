//go:build linux

package e2e

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// Programs that write otherwise, or later, where there is no terminal.
var talkative = map[string]struct{ file, text string }{
	// To a pipe python writes in blocks: the line would not come for hours.
	"python3": {"serve.py", `
import http.server, sys
server = http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), http.server.BaseHTTPRequestHandler)
print("\x1b[32mready on\x1b[0m", sys.argv[1] if sys.stdout.isatty() and sys.stderr.isatty() else "no terminal")
server.serve_forever()
`},
	"node": {"serve.js", `
const port = process.argv[2]
const colour = s => process.stdout.hasColors?.() ? '\x1b[1m' + s + '\x1b[22m' : 'colourless ' + s
require('http').createServer().listen(port, '127.0.0.1', () => {
  console.log(colour('ready on'), process.stdout.isTTY && process.stderr.isTTY ? port : 'no terminal')
})
`},
}

// The line that means ready is found while the program believes that it writes
// to the terminal, and so writes it at once and in colour. Colours come through.
func TestReadyByALineInATerminal(t *testing.T) {
	t.Setenv("TERM", "xterm-256color")
	for _, name := range []string{"NO_COLOR", "NODE_DISABLE_COLORS", "FORCE_COLOR", "CI"} {
		t.Setenv(name, "") // so that it is restored
		_ = os.Unsetenv(name)
	}
	for runtime, program := range talkative {
		t.Run(runtime, func(t *testing.T) {
			dir, port := t.TempDir(), freePort(t)
			write(t, filepath.Join(dir, program.file), program.text)
			c := terminal(t, dir, "--no-watch", "--log", "json", "--ready", "log:^ready on "+port+"$", "--", runtime, program.file, port)
			c.Sees("ready on\x1b[")
			c.Sees(`"ready_by":"log"`)
			c.Signal(syscall.SIGTERM)
			c.Ends(0)
		})
	}
}
