//go:build linux

package e2e

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/coder/websocket"
)

// reloads is a client of LiveReload's protocol.
type reloads struct {
	t    *testing.T
	ctx  context.Context
	conn *websocket.Conn
}

// reloadMessage is what the server says.
type reloadMessage struct {
	Command string
	Path    string
	LiveCSS bool
}

func openReloads(t *testing.T, port string) *reloads {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	conn, _, err := websocket.Dial(ctx, "ws://localhost:"+port+"/livereload", nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.CloseNow() })
	r := &reloads{t, ctx, conn}
	const hello = `{"command":"hello","protocols":["http://livereload.com/protocols/official-7"]}`
	if err := conn.Write(ctx, websocket.MessageText, []byte(hello)); err != nil {
		t.Fatal(err)
	}
	if m := r.next(); m.Command != "hello" {
		t.Fatalf("the server says %+v", m)
	}
	return r
}

func (r *reloads) next() (m reloadMessage) {
	r.t.Helper()
	_, b, err := r.conn.Read(r.ctx)
	if err == nil {
		err = json.Unmarshal(b, &m)
	}
	if err != nil {
		r.t.Fatal(err)
	}
	return m
}

// page waits until the page is to be loaded anew.
func (r *reloads) page() {
	r.t.Helper()
	if m := r.next(); m.Command != "reload" || m.LiveCSS || strings.HasSuffix(m.Path, ".css") {
		r.t.Errorf("the server says %+v", m)
	}
}

// A rule that says browser: reload has pages loaded anew without a swap, after the commands of other rules for the
// file. Each save is told once.
func TestRuleReloadsPages(t *testing.T) {
	t.Parallel()
	dir, port, live := t.TempDir(), freePort(t), livePort(t)
	for _, folder := range []string{"public", "templates"} {
		if err := os.Mkdir(filepath.Join(dir, folder), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	write(t, filepath.Join(dir, "public", "index.html"), "one")
	write(t, filepath.Join(dir, "templates", "a.txt"), "one")
	write(t, filepath.Join(dir, "version.json"), `{"version":1}`)
	write(t, filepath.Join(dir, "server.js"), "require('./version.json'); require('http').createServer((_, r) => r.end()).listen(process.env.PORT, '127.0.0.1')")
	write(t, filepath.Join(dir, "hotswap.yaml"), `on:
  - change: [public/*.html, templates/*.txt]
    browser: reload
  - change: templates/*.txt
    run: cp templates/a.txt made.out
    do: nothing
`)
	h := start(t, options{dir: dir, env: []string{"PORT=" + port}, args: watching, command: []string{"node", "server.js"}})
	h.serving(1)
	r := openReloads(t, live)

	write(t, filepath.Join(dir, "public", "index.html"), "two")
	r.page()
	write(t, filepath.Join(dir, "templates", "a.txt"), "two")
	r.page()
	if b, err := os.ReadFile(filepath.Join(dir, "made.out")); err != nil || string(b) != "two" {
		t.Errorf("told after the command has made %q, %v", b, err)
	}
	if n := h.count(func(l line) bool { return l.Event == "serving" }); n != 1 {
		t.Errorf("%d generations have served", n)
	}
	save(t, filepath.Join(dir, "version.json"), 2)
	h.serving(2)
	r.page()
	told := func(l line) bool { return l.Event == "livereload-told" }
	h.nth("pages are told", 3, told)
	if n := h.count(told); n != 3 {
		t.Errorf("pages were told %d times", n)
	}
}
