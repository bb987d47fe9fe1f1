package changes

import (
	"strings"
	"testing"
)

func TestInstalling(t *testing.T) {
	for _, c := range []struct{ argv, want string }{
		{"npm ci", "npm ci"}, // its title
		{"node|/usr/bin/npm|ci", "npm ci"},
		{"/usr/bin/node|/usr/lib/node_modules/npm/bin/npm-cli.js|--prefix|app|install|x", "npm install"},
		{"npm i", "npm i"},
		{"npm run install", ""}, // a script of that name
		{"npm run dev", ""},
		{"npm exec i", ""},
		{"npm ls", ""},
		{"npm", "npm"}, // which has not said yet what it does
		{"node|server.js|install", ""},
		{"vim|npm|ci", ""},
		{"node|/w/node_modules/.bin/../pnpm/bin/pnpm.cjs|-r|install|--frozen-lockfile", "pnpm install"},
		{"node|/usr/bin/corepack|pnpm|add|x", "pnpm add"},
		{"node|/w/node_modules/yarn/bin/yarn.js", "yarn"},
		{"node|--no-warnings|/w/node_modules/yarn/bin/yarn.js|--frozen-lockfile", "yarn"},
		{"node|/w/yarn.js|dev", ""},
		{"node|/w/yarn.js|global|add|x", "yarn add"},
		{"node|/w/yarn.js|workspace|api|add|x", "yarn add"},
		{"node|/w/yarn.js|--cwd|api|add|x", "yarn add"},
		{"node|/w/.yarn/releases/yarn-4.1.0.cjs|install", "yarn install"},
		{"node-22|/usr/lib/node_modules/npm/bin/npm-cli.js|ci", "npm ci"},
		{"npm audit fix", "npm audit fix"},
		{"npm audit", ""},
		{"bun|install", "bun install"},
		{"bun|run|install", ""},
		{"bun|server.ts", ""},
		{"/venv/bin/python3.12|/venv/bin/pip3|install|-r|requirements.txt", "pip install"},
		{"python|-m|pip|install|x", "pip install"},
		{"uv|sync", "uv sync"},
		{"uv|pip|install|x", "uv install"},
		{"uv|run|app.py", ""},
		{"/usr/bin/python3|/usr/bin/poetry|install", "poetry install"},
		{"ruby|/usr/bin/bundle|install", "bundle install"},
		{"ruby3.1|/usr/bin/bundle", "bundle"},
		{"bundle|exec|puma", ""},
		{"", ""},
	} {
		if got := installing(strings.Split(c.argv, "|")); got != c.want {
			t.Errorf("%s: %q, want %q", c.argv, got, c.want)
		}
	}
}

func TestAnInstallerConcernsItsProject(t *testing.T) {
	for _, c := range []struct {
		dir  string
		want bool
	}{{"/w/app", true}, {"/w/app/packages/api", true}, {"/w", true}, {"/", true}, {"/w/application", false}, {"/w/other", false}} {
		if got := concerns(c.dir, "/w/app/node_modules"); got != c.want {
			t.Errorf("%s: %t", c.dir, got)
		}
	}
}
