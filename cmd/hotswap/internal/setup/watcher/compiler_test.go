package watcher

import (
	"testing"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/setup/shell"
)

func TestWatchesOnly(t *testing.T) {
	for command, want := range map[string]bool{
		"tsc -w":          true,
		"tsc --watch":     true,
		"tsc -b -watch":   true,
		"npx tsc -p . -w": true,
		"yarn tsc -w":     true,
		"node node_modules/typescript/bin/tsc -w": true,
		"rollup -c -w":              true,
		"rollup -cw":                true,
		"tsup src/a.ts --watch":     true,
		"sass --watch a.scss b.css": true,
		"npx @tailwindcss/cli -i a.css --watch=always": true,
		"gulp watch":                 true,
		"nest build --watch":         true,
		"node esbuild.mjs --watch":   true,
		"node --test --watch":        true,
		"unheard-of --watch":         true,
		"tsc":                        false,
		"tsc -p w":                   false,
		"tsc --watch=false":          false,
		"gunicorn -w 4 app:app":      false,
		"uvicorn app:app":            false,
		"node server.js -w 4":        false,
		"node server.js watch":       false,
		"unheard-of -w":              false,
		"json-server --watch a.json": false,
		"PORT=3":                     false,
	} {
		leaves, ok := shell.Parse(command)
		if !ok || len(leaves) != 1 {
			t.Fatal(command)
		}
		if got := WatchesOnly(leaves[0].Words); got != want {
			t.Errorf("%s: %v", command, got)
		}
	}
}
