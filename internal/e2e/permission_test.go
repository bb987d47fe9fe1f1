//go:build linux

package e2e

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
)

// A program under Node's permission model may not read the adapter, and Node requires
// it before anything else: the program starts and is swapped without it, however
// --permission got onto Node's command line.
func TestPermissionModel(t *testing.T) {
	t.Parallel()
	for _, n := range nodes(t) {
		if n.major != 20 && n.major != 24 {
			continue
		}
		option := map[int]string{20: "--experimental-permission", 24: "--permission"}[n.major]
		for _, behind := range []string{"node", "npm", "options"} {
			if n.major == 20 && behind != "npm" { // its option is on the command line only, and npm has to be started anew
				continue
			}
			t.Run(fmt.Sprintf("node%d, %s", n.major, behind), func(t *testing.T) {
				t.Parallel()
				dir, port := t.TempDir(), freePort(t)
				main := filepath.Join(dir, "main.js")
				script := fmt.Sprintf("%s %s --allow-fs-read=%s/* %s", n.binary, option, dir, main)
				byOptions := fmt.Sprintf(`NODE_OPTIONS="$NODE_OPTIONS %s --allow-fs-read=%s/*" %s %s; true`, option, dir, n.binary, main)
				const text = "require('http').createServer((q, r) => r.end('version 1')).listen(process.env.PORT, '127.0.0.1')\n"
				write(t, main, text)
				write(t, filepath.Join(dir, "package.json"), fmt.Sprintf(`{"scripts":{"dev":%q}}`, script))
				command := map[string][]string{"node": strings.Fields(script), "npm": {"npm", "run", "dev"}, "options": {"sh", "-c", byOptions}}[behind]
				h := start(t, options{dir: dir, env: []string{"PORT=" + port}, command: command})
				first := 1
				if behind == "npm" && n.major == 20 { // it ends, and hotswap cannot know before
					first = 2
				}
				h.Serving(first)
				h.Wait("that there is no adapter", func(l line) bool { return l.Event == "no-adapter" })
				write(t, main, strings.Replace(text, "version 1", "version 2", 1))
				h.Serving(first + 1)
				if got := ping(port); !strings.Contains(got, "version 2") {
					t.Errorf("it answers %s", got)
				}
				if told := strings.Count(h.Log(), "under --permission"); told != 1 {
					t.Errorf("told %d times that there is no adapter\n%s", told, h.Log())
				}
				if strings.Contains(h.Log(), "waiting for a change") {
					t.Errorf("nothing waits for a change:\n%s", h.Log())
				}
			})
		}
	}
}
