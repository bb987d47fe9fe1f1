package rules

import (
	"path"
	"slices"
	"strings"

	"github.com/hotswap-dev/hotswap/internal/lazy"
)

// neverDirs are folders that hold no source under any circumstances, at any
// depth: dependencies, version control, caches, virtual environments, editors.
var neverDirs = set(`
	node_modules bower_components jspm_packages .pnpm-store .yarn
	.git .hg .svn .bzr .jj CVS
	.next .nuxt .output .svelte-kit .astro .vercel .netlify .serverless .wrangler .expo .angular .docusaurus
	.turbo .nx .cache .parcel-cache .vite .rollup.cache .sass-cache .nyc_output .eslintcache
	__pycache__ .venv venv .tox .nox .eggs .pytest_cache .mypy_cache .ruff_cache .hypothesis .ipynb_checkpoints site-packages
	.gradle .mvn .bundle .stack-work .dart_tool .terraform .direnv .devenv .aws-sam
	.idea .vscode .vs .fleet .history .zed .claude .cursor`)

// outputDirs are where builds usually write. They are also plain words (src/coverage of an
// insurer, src/vendor of a shop), so they count only outside sourceDirs.
var outputDirs = set(`dist build out target coverage vendor _build bin/Debug bin/Release obj htmlcov`)

var sourceDirs = set(`src source sources app lib internal pkg cmd`)

// editorTemp reports whether a name is what an editor leaves beside a file while it
// saves: vim's 4913 and .x.swp, emacs's .#x and #x#, JetBrains' ___jb_tmp___,
// the backup x~, the half-written x.tmp, macOS's .DS_Store.
func editorTemp(name string) bool {
	return tempExts[path.Ext(name)] || tempNames().MatchString(name)
}

var tempNames = lazy.Pattern(`(?s)^(4913|\.DS_Store|Thumbs\.db|#.*#)$|^\.(#|goutputstream-)|(~|___jb_(tmp|old)___)$`)

// tempExts has those of vim's swap files, which count backwards from .swp; .swf is Flash's.
var tempExts = set(`.tmp .bak .orig .rej .crswap
	.swa .swb .swc .swd .swe .swg .swh .swi .swj .swk .swl .swm
	.swn .swo .swp .swq .swr .sws .swt .swu .swv .sww .swx .swy .swz`)

var dataNames = set(
	`package-lock.json npm-shrinkwrap.json pnpm-lock.yaml bun.lockb go.work.sum .package-lock.json .eslintcache`)

var dataExts = set(`
	.log .lock .pid .sock .tsbuildinfo .pyc .pyo .class .o .a
	.db .sqlite .sqlite3 .db3 .mdb .ldb .rdb .aof`)

// data reports whether a name is that of a log, a database with its side files, or a
// lock file, which programs and package managers write while they run.
func data(name string) bool {
	if dataNames[name] || dataExts[path.Ext(name)] {
		return true
	}
	for _, end := range [...]string{"-wal", "-shm", "-journal"} {
		if rest, ok := strings.CutSuffix(name, end); ok && (dataExts[path.Ext(rest)] || path.Ext(rest) == "") {
			return true
		}
	}
	return false
}

// neverDir reports whether the folder rel, relative to its base, is one that is never
// source. That goes by the last name, and by whether it stands among source.
func neverDir(rel string) bool {
	name := path.Base(rel)
	// hotswap's own, where TMPDIR is
	if neverDirs[name] || strings.HasSuffix(name, ".egg-info") || strings.HasPrefix(name, "hotswap-run-") {
		return true
	}
	return OutputDir(rel)
}

// OutputDir reports whether the folder rel, relative to the project's, is called as those are
// that builds write to.
func OutputDir(rel string) bool {
	parent, name := path.Split(rel)
	parent = strings.TrimSuffix(parent, "/")
	if !outputDirs[name] && !outputDirs[path.Base(parent)+"/"+name] {
		return false
	}
	return !slices.ContainsFunc(strings.Split(parent, "/"), func(part string) bool { return sourceDirs[part] })
}

// environment reports whether a name is an environment file: .env, .env.local, Flask's .flaskenv.
func environment(name string) bool {
	return name == ".env" || name == ".flaskenv" || strings.HasPrefix(name, ".env.")
}

// always matches names of files that programs read at start, whatever extensions the command has.
var always = lazy.Pattern(`(?s)^(package|[jt]sconfig.*)\.json$`)

func set(words string) map[string]bool {
	m := make(map[string]bool)
	for w := range strings.FieldsSeq(words) {
		m[w] = true
	}
	return m
}
