package standby

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Settings returns the files in the folders, and in all above, that the patterns name, in their
// present state. A pattern has at most one *; without it, it is a path in a folder, and counts where nothing is there, too.
func Settings(dirs, patterns []string) FileStates {
	s := FileStates{}
	var paths []string
	var globs [][2]string // what stands before and after the *
	for _, pattern := range patterns {
		if before, after, ok := strings.Cut(pattern, "*"); ok {
			globs = append(globs, [2]string{before, after})
		} else {
			paths = append(paths, pattern)
		}
	}
	matches := func(name string) bool {
		return slices.ContainsFunc(globs, func(g [2]string) bool {
			return len(name) >= len(g[0])+len(g[1]) && strings.HasPrefix(name, g[0]) && strings.HasSuffix(name, g[1])
		})
	}
	done := map[string]bool{} // the folders share most of those above
	for _, dir := range dirs {
		for ; !done[dir]; dir = filepath.Dir(dir) {
			done[dir] = true
			for _, path := range paths {
				s.Take(filepath.Join(dir, path))
			}
			for _, name := range namesIn(dir) {
				if matches(name) {
					s.Take(filepath.Join(dir, name))
				}
			}
		}
	}
	return s
}

// Entries returns the paths in a folder that have this ending. A glob would interpret
// special characters of the folder's own name.
func Entries(dir, ending string) (paths []string) {
	for _, name := range namesIn(dir) {
		if strings.HasSuffix(name, ending) {
			paths = append(paths, filepath.Join(dir, name))
		}
	}
	return paths
}

// namesIn returns the names in a folder, and nothing else of them: a folder may be as large as /tmp.
func namesIn(dir string) []string {
	f, err := os.Open(dir)
	if err != nil {
		return nil
	}
	defer f.Close()
	names, _ := f.Readdirnames(-1)
	return names
}
