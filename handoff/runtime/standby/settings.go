package standby

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Settings returns the files of a folder and of all above whose names match one of the
// patterns, in their present state.
func Settings(dir string, patterns []string) FileStates {
	s := FileStates{}
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

// Entries returns the paths in a folder that have this ending. A glob would interpret
// special characters of the folder's own name.
func Entries(dir, ending string) (paths []string) {
	entries, _ := os.ReadDir(dir)
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), ending) {
			paths = append(paths, filepath.Join(dir, e.Name()))
		}
	}
	return paths
}
