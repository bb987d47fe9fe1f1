package project

import (
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/exit"
	"github.com/hotswap-dev/hotswap/internal/regular"
)

// AddPrograms adds the programs of packages to PATH. Those of a project with a hotswap.yaml come
// first, as npm run has them. Without one they come last, so that a command means what it means to
// the user's shell.
func AddPrograms(first bool) error {
	path := os.Getenv("PATH")
	if path == "" { // a shell has a default of its own
		return nil
	}
	dir, err := os.Getwd()
	if err != nil {
		return exit.Unavailable(err)
	}
	return os.Setenv("PATH", withPrograms(path, dir, first))
}

// Packages reports whether the current folder has a package.json but, as those above it, no programs of packages.
// unsafe is the folder of the nearest one if AddPrograms leaves out its programs; else "".
func Packages() (none bool, unsafe string) {
	dir, _ := os.Getwd()
	for at := range regular.Above(dir) {
		bin := filepath.Join(at, "node_modules", ".bin")
		if _, err := os.Stat(bin); err == nil {
			if !hasPrograms(at, bin) {
				unsafe = at
			}
			return false, unsafe
		}
	}
	_, err := os.Stat("package.json")
	return err == nil, ""
}

// withPrograms returns PATH with node_modules/.bin of dir, an absolute path, and of the folders
// above it, the nearest first. A folder that is not safe from other users is left out.
func withPrograms(path, dir string, first bool) string {
	var bins []string
	has := filepath.SplitList(path)
	for dir := range regular.Above(dir) {
		bin := filepath.Join(dir, "node_modules", ".bin")
		if hasPrograms(dir, bin) && !slices.Contains(has, bin) { // an upgrade has added them already
			bins = append(bins, bin)
		}
	}
	if first {
		has = append(bins, has...)
	} else {
		has = append(has, bins...)
	}
	return strings.Join(has, string(filepath.ListSeparator))
}

// hasPrograms reports whether the folder bin in dir has programs of packages, or may get some.
func hasPrograms(dir, bin string) bool {
	if !safe(dir) {
		return false
	}
	if _, err := os.Stat(bin); err != nil {
		_, err = os.Stat(filepath.Join(dir, "package.json")) // not installed yet
		return err == nil
	}
	return safe(bin)
}

func safe(path string) bool {
	info, err := os.Stat(path)
	return err == nil && distrust(info) == ""
}
