package standby

import (
	"io"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hotswap-dev/hotswap/internal/launchers"
	"github.com/hotswap-dev/hotswap/internal/regular"
)

// ProcessPath returns the processes from root to main, or nil if main is not below root.
func ProcessPath(procs []Process, root, main int) (path []Process) {
	for pid := main; len(path) <= len(procs); pid = path[len(path)-1].PPID {
		i := slices.IndexFunc(procs, func(p Process) bool { return p.PID == pid })
		if i < 0 {
			return nil
		}
		path = append(path, procs[i])
		if pid == root {
			slices.Reverse(path)
			return path
		}
	}
	return nil
}

// Named returns the files that the texts name, relative to one of the directories or as a command of PATH: scripts,
// configurations, files with variables. A command may read these before the program begins.
func Named(dirs []string, texts ...string) []string {
	var out []string
	words := slices.Clone(texts)
	for _, text := range texts {
		words = append(words, strings.FieldsFunc(text, separates)...)
	}
	for _, word := range Unique(words) {
		for _, path := range in(dirs, word) {
			if regular.File(path) {
				out = append(out, path)
			}
		}
		if path, err := exec.LookPath(word); err == nil && filepath.IsAbs(path) {
			out = append(out, path)
		}
	}
	return Unique(out)
}

func separates(r rune) bool { return strings.ContainsRune(" \t\r\n\"'`=,;&|()<>", r) }

// in returns the paths that a word may mean in one of the directories.
func in(dirs []string, word string) (paths []string) {
	if filepath.IsAbs(word) {
		return []string{word}
	}
	for _, dir := range dirs {
		paths = append(paths, filepath.Join(dir, word))
	}
	return paths
}

// Mentioned returns the files that scripts mention, also where no file is there: a script may go on only if it finds
// one, or none.
func Mentioned(dirs, scripts []string) (paths []string) {
	for _, text := range scripts {
		for _, word := range strings.FieldsFunc(text, separates) {
			paths = append(paths, in(dirs, word)...)
		}
	}
	return slices.DeleteFunc(paths, regular.Folder)
}

// Real returns the files with absolute paths, and without symbolic links if they exist.
func Real(files ...string) []string {
	out := make([]string, len(files))
	for i, file := range files {
		if full, err := filepath.Abs(file); err == nil {
			file = full
		}
		out[i] = regular.Real(file)
	}
	return out
}

// Scripts returns the texts of shells' scripts among the files, but for those that only look for a program and become
// that program, as those of package managers and version managers do.
func Scripts(files []string) (texts []string) {
	for _, path := range files {
		if strings.Contains(path, "/node_modules/") || filepath.Base(filepath.Dir(path)) == "shims" ||
			launchers.Named(filepath.Base(path)).Kind == launchers.Manager {
			continue
		}
		if text := string(Head(path)); launchers.IsScript(text) {
			texts = append(texts, text)
		}
	}
	return texts
}

const headMost = 64 << 10 // bytes

// Head returns the beginning of a file.
func Head(path string) []byte {
	f, err := regular.Open(path)
	if err != nil {
		return nil
	}
	defer f.Close()
	b, _ := io.ReadAll(io.LimitReader(f, headMost))
	return b
}
