//go:build linux

package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/e2etest"
	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// yarnProgram answers with its version and variables, and at /commands with what the commands say that yarn puts first in PATH.
const yarnProgram = `
import http from 'node:http'
import { execFileSync } from 'node:child_process'
const version: number = 1
const says = (...argv: string[]) => execFileSync(argv[0], argv.slice(1), { encoding: 'utf8' }).trim()
const commands = () => [says('yarn', '--version'), says('node', '-p', '"runs"'), says('sh', '-c', 'command -v yarn')].join(' ')
http.createServer((q, r) => r.end(q.url === '/commands' ? commands() : [version, process.env.MODE, process.env.npm_lifecycle_event].join(' '))).listen(process.env.PORT, '127.0.0.1')
`

// Behind yarn, too, the program starts by itself. It finds yarn and node when the yarn has ended that put them into PATH.
func TestYarnIsLeftOut(t *testing.T) {
	t.Parallel()
	install(t, tools())
	modules := filepath.Join(tools(), "node_modules")
	for _, c := range []struct{ version, yarn, folder, left string }{
		{"1.", "yarn/bin/yarn.js", "/yarn--", "yarn, sh, cross-env, tsx"},
		{"4.", "@yarnpkg/cli-dist/bin/yarn.js", "/xfs-", "yarn, cross-env, tsx"},
	} {
		t.Run("yarn "+c.version, func(t *testing.T) {
			spare(t, c.version == "1.")
			t.Parallel()
			dir, yarn := t.TempDir(), filepath.Join(modules, filepath.FromSlash(c.yarn))
			write(t, filepath.Join(dir, "package.json"), `{ "name": "x", "private": true, "type": "module", "scripts": { "dev": "cross-env MODE=one tsx index.ts" } }`)
			write(t, filepath.Join(dir, "index.ts"), yarnProgram)
			testkit.NoError(t, os.Symlink(modules, filepath.Join(dir, "node_modules")))
			tmp := t.TempDir()
			o := options{dir: dir, args: []string{"--probation", brief}, command: []string{yarn, "dev"}, env: []string{
				"PATH=" + filepath.Join(modules, ".bin") + ":" + os.Getenv("PATH"), "TMPDIR=" + tmp,
				"YARN_NODE_LINKER=node-modules", "YARN_ENABLE_TELEMETRY=0", "YARN_GLOBAL_FOLDER=" + filepath.Join(dir, ".yarn"),
			}}
			if c.version == "4." {
				berryInstall(t, yarn, o)
			}
			h := start(t, o)
			h.Serving(1)
			if text := get("http://" + h.addr() + "/commands"); !strings.HasPrefix(text, c.version) || !strings.Contains(text, c.folder) {
				t.Errorf("below yarn the program finds %q", text)
			}
			for v := 2; v <= enough(3, 2); v++ {
				h.waits(v)
				write(t, filepath.Join(dir, "index.ts"), strings.Replace(yarnProgram, "= 1", fmt.Sprint("= ", v), 1))
				h.warm(v)
				h.Drained(v - 1)
				if text, want := get("http://"+h.addr()), fmt.Sprint(v, " one dev"); text != want {
					t.Errorf("generation %d says %q, want %q", v, text, want)
				}
				h.Wait("who is left out", func(l line) bool { return e2etest.Of("direct", v)(l) && strings.Join(l.Left, ", ") == c.left })
			}
			left, _ := filepath.Glob(filepath.Join(tmp, c.folder+"*"))
			for _, dir := range left {
				_ = os.RemoveAll(dir) // as whoever cleans up does with those that yarn 1 leaves
			}
			if text := get("http://" + h.addr() + "/commands"); !strings.HasPrefix(text, c.version) || !strings.Contains(text, " runs "+tmp) {
				t.Errorf("after yarn has ended the program finds %q", text)
			}
		})
	}
}
