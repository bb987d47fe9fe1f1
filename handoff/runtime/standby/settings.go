package standby

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Settings are the files of a folder and of all above whose names match one of the
// patterns, as they are now.
func Settings(dir string, patterns []string) Stamps {
	s := Stamps{}
	for ; ; dir = filepath.Dir(dir) {
		entries, _ := os.ReadDir(dir)
		for _, e := range entries {
			if slices.ContainsFunc(patterns, func(pattern string) bool { ok, _ := filepath.Match(pattern, e.Name()); return ok }) {
				s.Take(filepath.Join(dir, e.Name()))
			}
		}
		if dir == filepath.Dir(dir) {
			return s
		}
	}
}

// Entries are the paths of what is in a folder whose names have that ending. (A glob
// would take what is special in the folder's own name for a pattern.)
func Entries(dir, ending string) (paths []string) {
	entries, _ := os.ReadDir(dir)
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), ending) {
			paths = append(paths, filepath.Join(dir, e.Name()))
		}
	}
	return paths
}
