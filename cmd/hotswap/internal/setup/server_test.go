package setup

import (
	"encoding/json"
	"testing"
	"testing/fstest"

	yamlfile "github.com/hotswap-dev/hotswap/cmd/hotswap/internal/project"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

func TestServer(t *testing.T) {
	scripts := map[string]string{
		"dev": "vite", "gen": "prisma generate && cross-env A=b vite dev --open", "all": "npm run gen",
		"both": "vite & node server.js", "or": "vite || true",
		"many": "concurrently vite 'tsx server.ts'", "build": "vite build", "cd": "cd web && vite",
		"loop": "npm run loop", "start": "next dev", "odd": "vite >log",
	}
	text := testkit.Must(json.Marshal(map[string]any{"scripts": scripts}))(t)
	files := fstest.MapFS{"package.json": {Data: text}}
	for command, want := range map[string]string{
		"npm run dev": "vite", "npm run dev -- --port 3000": "vite", "pnpm dev --port 3000": "vite", "yarn dev": "vite",
		"bun run dev": "vite", "npm start": "next dev",
		"npm run all": "vite", "npm run both": "", "npm run or": "", "npm run many": "", "npm run build": "",
		"npm run cd": "vite", "npm run loop": "", "npm run odd": "",
		"npx vite": "vite", "bunx --bun vite": "vite", "pnpm exec next dev": "next dev",
		"dotenv -e .env.dev -- astro dev": "astro dev", "A=b ng serve": "ng serve",
		"./node_modules/.bin/vite": "vite",
		"node vite.js":             "", "node": "", "bun --hot server.ts": "bun --hot", "tsx watch server.ts": "",
	} {
		got := ""
		if s := Server(files, yamlfile.Split(command)); s != nil {
			got = s.Name
		}
		if got != want {
			t.Errorf("%s: %q, want %q", command, got, want)
		}
	}
}
