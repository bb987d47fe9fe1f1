package plan

import (
	"os"
	"path/filepath"
	"strings"

	"github.com/hotswap-dev/hotswap/internal/lazy"
	"github.com/hotswap-dev/hotswap/internal/regular"
)

var (
	extends = lazy.Pattern(`"extends"\s*:\s*("[^"]*"|\[[^\]]*\])`)
	quoted  = lazy.Pattern(`"([^"]*)"`)
)

// extended returns the files that configurations of TypeScript extend, directly or not.
func extended(configs []string) []string {
	seen := map[string]bool{}
	var out []string
	for todo := configs; len(todo) > 0 && len(out) < 100; todo = todo[1:] {
		if seen[todo[0]] || filepath.Ext(todo[0]) != ".json" {
			continue
		}
		seen[todo[0]] = true
		text, _ := regular.Text(todo[0])
		for _, found := range extends().FindAllSubmatch(text, -1) {
			for _, name := range quoted().FindAllSubmatch(found[1], -1) {
				if path := extendedFrom(filepath.Dir(todo[0]), string(name[1])); path != "" {
					todo, out = append(todo, path), append(out, path)
				}
			}
		}
	}
	return out
}

// extendedFrom returns the file of that name as seen from a directory, or "".
func extendedFrom(dir, name string) string {
	if filepath.IsAbs(name) || strings.HasPrefix(name, ".") {
		return firstFile(regular.Absolute(name, dir))
	}
	for dir := range regular.Above(dir) {
		if path := firstFile(filepath.Join(dir, "node_modules", name)); path != "" {
			return path
		}
	}
	return ""
}

func firstFile(path string) string {
	for _, p := range []string{path, path + ".json", filepath.Join(path, "tsconfig.json")} {
		if info, err := os.Stat(p); err == nil && info.Mode().IsRegular() {
			return p
		}
	}
	return ""
}
