package launchers

import (
	"strings"
	"testing"
)

func TestInstalls(t *testing.T) {
	for argv, want := range map[string]bool{
		"npm ci||": true, "npm install koa|": true, "node|/a/.bin/pnpm|add|koa": true,
		"node|/a/.yarn/releases/yarn-4.1.0.cjs": true, "bun|-D|add|koa": true, "python3|-m|pip|install|a": true,
		"uv|pip|install|a": true, "ruby|/usr/bin/bundle|install": true,
		"npm run dev||": false, "sh|-c|npm ci && node a.js": false, "yarn|dev": false, "node|ci": false, "npm": false,
		"bun|a.ts": false, "pnpm|--filter|sync|dev": false, "yarn|sync": false, "grep|-r|yarn": false, "uv|sync": true,
		"hotswap|--|yarn": false, "npm|--prefix|ci|run|dev": false, "pnpm|-C|api|add|koa": true, "pip|list": false, "": false,
	} {
		if got := Installs(strings.Split(argv, "|")); got != want {
			t.Errorf("%s: %v", argv, got)
		}
	}
}
