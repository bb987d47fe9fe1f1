package rules

import (
	"path"
	"slices"
	"strings"
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
	switch {
	case name == "4913", name == ".DS_Store", name == "Thumbs.db",
		strings.HasSuffix(name, "~"),
		strings.HasPrefix(name, ".#"),
		len(name) > 1 && name[0] == '#' && name[len(name)-1] == '#',
		strings.HasSuffix(name, "___jb_tmp___"), strings.HasSuffix(name, "___jb_old___"),
		strings.HasPrefix(name, ".goutputstream-"):
		return true
	}
	switch ext := path.Ext(name); {
	case ext == ".tmp", ext == ".bak", ext == ".orig", ext == ".rej", ext == ".crswap":
		return true
	case len(ext) == 4 && strings.HasPrefix(ext, ".sw") && ext[3] >= 'a' && ext[3] <= 'z':
		return ext != ".swf"
	}
	return false
}

var dataNames = set(`package-lock.json npm-shrinkwrap.json pnpm-lock.yaml bun.lockb go.work.sum .package-lock.json .eslintcache`)

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
	if neverDirs[name] || strings.HasSuffix(name, ".egg-info") || strings.HasPrefix(name, "hotswap-run-") { // hotswap's own, where TMPDIR is
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

// always reports whether programs read a file of that name at start, whatever
// extensions the command has.
func always(name string) bool {
	config := strings.HasPrefix(name, "tsconfig") || strings.HasPrefix(name, "jsconfig")
	return name == "package.json" || config && strings.HasSuffix(name, ".json")
}

func set(words string) map[string]bool {
	m := make(map[string]bool)
	for w := range strings.FieldsSeq(words) {
		m[w] = true
	}
	return m
}
