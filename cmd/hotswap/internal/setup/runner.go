package setup

import (
	"slices"
	"strings"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/setup/shell"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/setup/watcher"
)

// packageOf is the package of a program, where the two have different names.
var packageOf = map[string]string{
	"tsc": "typescript", "nest": "@nestjs/cli", "fastify": "fastify-cli", "cross-env-shell": "cross-env", "dotenv": "dotenv-cli", "dotenvx": "@dotenvx/dotenvx", "tsnd": "ts-node-dev",
	"ts-node-esm": "ts-node", "ts-node-script": "ts-node", "esno": "esno", "vite-node": "vite-node", "drizzle-kit": "drizzle-kit", "prisma": "prisma",
}

// plugAndPlay reports whether the project is one of yarn's Plug'n'Play, which has no
// node_modules/.bin: there only yarn finds the programs of packages.
func (p *project) plugAndPlay() bool {
	return slices.ContainsFunc(p.packages(), func(in *watcher.Project) bool { return in.Has(".pnp.cjs") })
}

// packages returns the project and the packages that it lies in, the nearest first.
func (p *project) packages() []*watcher.Project {
	return append([]*watcher.Project{p.Project}, p.above...)
}

// manager returns the package manager of a project with a package.json. In a workspace only its
// first folder has the lock file.
func (p *project) manager() string {
	for _, in := range p.packages() {
		for _, name := range [...]string{"pnpm", "yarn", "bun", "npm"} {
			if strings.HasPrefix(in.Manifest("").PackageManager, name+"@") {
				return name
			}
		}
		for _, lock := range [...]struct{ file, manager string }{
			{"pnpm-lock.yaml", "pnpm"}, {"yarn.lock", "yarn"}, {"bun.lock", "bun"}, {"bun.lockb", "bun"}, {"package-lock.json", "npm"},
		} {
			if in.Has(lock.file) {
				return lock.manager
			}
		}
	}
	return "npm"
}

// local reports whether a program comes from a package.
func (p *project) local(name, dir string) bool {
	if name == "node" || name == "npm" || name == "hotswap" {
		return false
	}
	pkg := name
	if other := packageOf[name]; other != "" {
		pkg = other
	}
	return p.Manifest(dir).Depends(pkg) || slices.ContainsFunc(p.packages(), func(in *watcher.Project) bool { return in.Manifest("").Depends(pkg) })
}

// outside returns a script of package.json as hotswap runs it, which has node_modules/.bin in
// PATH, as npm run has.
func (p *project) outside(script string) string {
	leaves, ok := p.parse(script)
	if !ok || !p.plugAndPlay() {
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
				words := slices.Insert(slices.Clone(l.Words), at, shell.Word{Raw: "yarn"})
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
