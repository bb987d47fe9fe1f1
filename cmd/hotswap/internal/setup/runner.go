package setup

import (
	"path"
	"slices"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/setup/shell"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/setup/watcher"
)

// packageOf is the package of a program, where the two have different names.
var packageOf = map[string]string{
	"tsc": "typescript", "nest": "@nestjs/cli", "cross-env-shell": "cross-env", "dotenv": "dotenv-cli", "dotenvx": "@dotenvx/dotenvx", "tsnd": "ts-node-dev",
	"ts-node-esm": "ts-node", "ts-node-script": "ts-node", "esno": "esno", "vite-node": "vite-node", "drizzle-kit": "drizzle-kit", "prisma": "prisma",
}

// runner returns what finds the programs of node_modules outside of a script.
func (p *project) runner() string {
	manager := p.manager()
	switch {
	case p.Has(".pnp.cjs"):
		return "yarn"
	case manager == "pnpm":
		return "pnpm exec"
	case manager == "bun":
		return "bunx"
	}
	return "npx"
}

// manager returns the package manager of a project with a package.json.
func (p *project) manager() string {
	for _, name := range [...]string{"pnpm", "yarn", "bun", "npm"} {
		if pm := p.Manifest("").PackageManager; len(pm) > len(name) && pm[:len(name)+1] == name+"@" {
			return name
		}
	}
	for _, lock := range [...]struct{ file, manager string }{
		{"pnpm-lock.yaml", "pnpm"}, {"yarn.lock", "yarn"}, {"bun.lock", "bun"}, {"bun.lockb", "bun"},
	} {
		if p.Has(lock.file) {
			return lock.manager
		}
	}
	return "npm"
}

// local reports whether a program comes from node_modules.
func (p *project) local(name, dir string) bool {
	if name == "node" || name == "npm" || name == "hotswap" {
		return false
	}
	pkg := name
	if other := packageOf[name]; other != "" {
		pkg = other
	}
	for _, d := range []string{dir, ""} {
		if p.Has(path.Join(d, "node_modules/.bin", name)) || p.Manifest(d).Depends(pkg) {
			return true
		}
	}
	return false
}

// outside returns a script of package.json as it runs outside of npm run, where the programs
// of node_modules are not in PATH.
func (p *project) outside(script string) string {
	leaves, ok := p.parse(script)
	if !ok {
		return script
	}
	for _, l := range slices.Backward(leaves) {
		at := 0
		_, dir, ok := context(l)
		for ok && at < len(l.Words) {
			if shell.IsAssignment(l.Words[at]) {
				at++
				continue
			}
			end, found := watcher.SkipWrapper(l.Words, at)
			if found {
				break
			}
			if l.Words[at].Known && l.Words[at].Text == watcher.Base(l.Words[at]) && p.local(l.Words[at].Text, dir) {
				words := slices.Insert(slices.Clone(l.Words), at, shell.Word{Raw: p.runner()})
				script = script[:l.From] + shell.Join(words) + script[l.To:]
				break
			}
			if end == at {
				break
			}
			at = end
		}
	}
	return script
}
