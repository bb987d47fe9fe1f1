package project

import (
	"bytes"
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

// Packages returns the words that follow node_modules in a message where package.json of the current folder names
// packages, but neither it nor a folder above has programs of packages; else "". unsafe is the folder of the nearest
// programs if AddPrograms leaves them out; else "".
func Packages() (missing, unsafe string) {
	dir, _ := os.Getwd()
	at := regular.Nearest(dir, "node_modules/.bin", os.Stat)
	text, _ := regular.Text("package.json")
	switch {
	case at != "" && !hasPrograms(at, filepath.Join(at, "node_modules/.bin")):
		return "", at
	case at != "" || !bytes.Contains(text, []byte(`ependencies"`)):
		return "", ""
	case regular.Nearest(dir, "node_modules", os.Stat) == "":
		return "is missing: ", ""
	}
	return "has no programs; unless an installation runs now: ", "" // npm ci empties the folder
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
		bins, has = has, bins
	}
	return strings.Join(append(has, bins...), string(filepath.ListSeparator))
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
