package setup

import (
	"encoding/json"
	"io/fs"
	"os"
	"regexp"
	"strings"

	"github.com/hotswap-dev/hotswap/internal/regular"
)

const Package = "hotswap-dev"

// Manifest returns package.json with hotswap in the watcher's place. The rest stays, byte for byte. It returns nil if the script or the watcher does not stand there once in so many words.
func (p *Proposal) Manifest() []byte {
	script := p.scripts[p.Script]
	value := inJSON(script)
	member := regexp.MustCompile(regexp.QuoteMeta(inJSON(p.Script)) + `\s*:\s*` + regexp.QuoteMeta(value))
	at := member.FindAllStringIndex(p.manifest, -1)
	if p.Old == "" || strings.Count(script, p.Old) != 1 || len(at) != 1 {
		return nil
	}
	end := at[0][1]
	return []byte(p.manifest[:end-len(value)] + inJSON(strings.Replace(script, p.Old, "hotswap", 1)) + p.manifest[end:])
}

func inJSON(text string) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(text) // of a text it does not fail
	return strings.TrimSuffix(b.String(), "\n")
}

// npm is the package manager where no lock file shows another.
const npm = "npm"

// managers are package managers by their lock files.
var managers = []struct{ lock, name string }{
	{"pnpm-lock.yaml", "pnpm"}, {"yarn.lock", "yarn"}, {"bun.lock", "bun"}, {"bun.lockb", "bun"}, {"package-lock.json", npm}, {"npm-shrinkwrap.json", npm},
}

// NearestManager returns the package manager of the nearest lock file, in the current folder or above, or npm.
func NearestManager() string {
	here, _ := os.Getwd()
	for dir := range regular.Above(here) {
		if name := managerOf(os.DirFS(dir)); name != "" {
			return name
		}
	}
	return npm
}

// managerOf returns the package manager whose lock file is in a folder; "": none is.
func managerOf(files fs.FS) string {
	for _, m := range managers {
		if _, err := fs.Stat(files, m.lock); err == nil {
			return m.name
		}
	}
	return ""
}
