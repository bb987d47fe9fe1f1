package rules

import (
	"strings"
	"testing"
)

func TestServerOf(t *testing.T) {
	for command, want := range map[string]string{
		"vite": "vite", "vite --port 3000 web": "vite", "vite dev": "vite", "vite build --watch": "",
		"vite preview": "", "vite --force optimize": "",
		"next dev --turbo": "next dev", "next start": "", "next devel": "", "nuxi dev": "nuxi dev",
		"astro dev": "astro dev", "astro": "",
		"react-router dev": "react-router dev", "remix vite:dev": "remix vite:dev", "remix dev": "",
		"wrangler dev src/index.ts": "wrangler dev", "wrangler pages dev dist": "wrangler pages dev",
		"wrangler pages deploy": "",
		"ng serve":              "ng serve", "storybook dev -p 6006": "storybook dev", "webpack serve": "webpack serve",
		"webpack --watch":     "",
		"bun --hot server.ts": "bun --hot", "bun run --hot server.ts": "bun --hot", "bun server.ts --hot": "",
		"bun --watch server.ts": "",
		"node vite":             "",
	} {
		words, got := strings.Fields(command), ""
		if s := ServerOf(words[0], words[1:]); s != nil {
			got = s.Name
		}
		if got != want {
			t.Errorf("%s: %q, want %q", command, got, want)
		}
	}
}

// Of what a server reloads itself nothing counts, also if the server has loaded the file, except what --watch names.
func TestServerReloads(t *testing.T) {
	of := func(command string) *Server {
		words := strings.Fields(command)
		return ServerOf(words[0], words[1:])
	}
	for _, tt := range []struct {
		command     string
		include     []string
		wanted, not string
	}{
		{"vite", nil, "/r/package.json /r/web/package.json /r/postcss.config.mjs /r/.pnp.cjs /r/node_modules/list",
			"/r/src/a.ts /r/vite.config.ts /r/svelte.config.js /r/.env /r/tsconfig.json /r/tailwind.config.js /r/index.html /r/loaded.ts /lib/loaded.ts /r/node_modules/package.json"},
		{"vite", []string{"src/server", "gen/*.ts", "vite.config.ts"},
			"/r/src/server/a.ts /r/gen/a.ts /r/vite.config.ts /r/package.json", "/r/src/a.ts /r/src/server/a.txt"},
		{"astro dev", nil, "/r/postcss.config.cjs", "/r/package.json /r/astro.config.mjs /r/.env"},
		{"wrangler dev", nil, "/r/.dev.vars /r/.dev.vars.staging /r/.env.local",
			"/r/wrangler.toml /r/wrangler.jsonc /r/src/a.ts"},
		{"ng serve", nil, "/r/angular.json /r/tsconfig.app.json /r/proxy.conf.json", "/r/src/a.ts /r/.env"},
		{"storybook dev", nil, "/r/.storybook/main.ts /r/vite.config.ts /r/.storybook/preview-head.html",
			"/r/.storybook/preview.tsx /r/src/a.stories.tsx"},
		{"webpack serve", nil, "/r/webpack.config.js /r/webpack.common.mjs /r/babel.config.js",
			"/r/src/a.js /r/webpack.md/a.js"},
		{"bun --hot a.ts", nil, "/r/.env /r/bunfig.toml /r/tsconfig.json", "/r/a.ts"},
	} {
		programs := []string{"loaded.ts", "vite.config.ts", "dist/a.ts"}
		r := build(t, Config{Server: of(tt.command), Command: []string{"node"}, Programs: programs, Include: tt.include,
			Packages: []Packages{{"/r/node_modules", "list"}}})
		r.SetGitignore("/r", []byte(".env*\n.dev.vars*\n"), Inside)
		r.SetLoaded([]string{"/lib"}, []string{"/r/loaded.ts", "/lib/loaded.ts"})
		for p := range strings.FieldsSeq(tt.wanted) {
			if !r.Counts(p) || p != "/r/node_modules/list" && p != "/r/.pnp.cjs" && !r.Included(p) {
				t.Errorf("%s: %s does not count, or only if it was read", tt.command, p)
			}
		}
		for p := range strings.FieldsSeq(tt.not) {
			if e := r.Explain(p); e.Counts() || e.Text == "" {
				t.Errorf("%s: %s: %+v", tt.command, p, e)
			}
		}
	}
}
