package plan

import (
	"path/filepath"
	"slices"

	"github.com/hotswap-dev/hotswap/internal/lazy"
	"github.com/hotswap-dev/hotswap/internal/regular"
)

var (
	extends = lazy.Pattern(`"extends"\s*:\s*("[^"]*"|\[[^\]]*\])`)
	quoted  = lazy.Pattern(`"([^"]*)"`)
)

// extended returns the files that configurations of TypeScript may extend, directly or not.
func extended(configs []string) (out []string) {
	for todo := configs; len(todo) > 0 && len(out) < 100; todo = todo[1:] {
		if filepath.Ext(todo[0]) != ".json" {
			continue
		}
		text, _ := regular.Text(todo[0])
		for _, found := range extends().FindAllSubmatch(text, -1) {
			for _, name := range quoted().FindAllSubmatch(found[1], -1) {
				for _, file := range meant(filepath.Dir(todo[0]), string(name[1])) {
					if regular.File(file) && !slices.Contains(out, file) {
						todo, out = append(todo, file), append(out, file)
					}
				}
			}
		}
	}
	return out
}

// meant returns the files that a configuration in dir may mean by a name.
func meant(dir, name string) (files []string) {
	paths := []string{regular.Absolute(name, dir)}
	for above := range regular.Above(dir) {
		paths = append(paths, filepath.Join(above, "node_modules", name))
	}
	for _, path := range paths {
		files = append(files, path, path+".json", filepath.Join(path, "tsconfig.json"))
	}
	return files
}
