package standby

import (
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// Settings returns the present states of the files that match the patterns, in the folders and in all above. A pattern without *
// is a path, whose state counts also where no file is there.
func Settings(dirs, patterns []string) FileStates {
	s := FileStates{}
	globs := slices.DeleteFunc(slices.Clone(patterns), func(p string) bool { return !strings.Contains(p, "*") })
	done := map[string]bool{} // the folders share most of those above
	for _, dir := range dirs {
		for ; !done[dir]; dir = filepath.Dir(dir) {
			done[dir] = true
			for _, pattern := range patterns {
				if !strings.Contains(pattern, "*") {
					s.Take(filepath.Join(dir, pattern))
				}
			}
			for _, name := range namesIn(dir) {
				if slices.ContainsFunc(globs, func(glob string) bool { is, _ := path.Match(glob, name); return is }) {
					s.Take(filepath.Join(dir, name))
				}
			}
		}
	}
	return s
}

// Entries returns the paths in a folder that have this ending. A glob would interpret special characters of the folder's name.
func Entries(dir, ending string) (paths []string) {
	for _, name := range namesIn(dir) {
		if strings.HasSuffix(name, ending) {
			paths = append(paths, filepath.Join(dir, name))
		}
	}
	return paths
}

// namesIn returns the names in a folder. It asks nothing else, because a folder may be as large as /tmp.
func namesIn(dir string) []string {
	f, err := os.Open(dir)
	if err != nil {
		return nil
	}
	defer f.Close()
	names, _ := f.Readdirnames(-1)
	return names
}
