package standby

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hotswap-dev/hotswap/internal/regular"
)

// Way are the processes that lead to the main one, which is the last; the first is
// root. Nil: it is not below root.
func Way(procs []Process, root, main int) []Process {
	byPID := map[int]Process{}
	for _, p := range procs {
		byPID[p.PID] = p
	}
	var way []Process
	for pid := main; len(way) <= len(procs); {
		p, ok := byPID[pid]
		if !ok {
			return nil
		}
		way = append(way, p)
		if pid == root {
			slices.Reverse(way)
			return way
		}
		pid = p.PPID
	}
	return nil
}

// Named are the files that the texts name, each relative to one of the directories, or
// a command of PATH: scripts, files with variables, configurations. What a command
// names it may have read before the program begins.
func Named(dirs []string, texts ...string) []string {
	apart := func(r rune) bool { return strings.ContainsRune(" \t\r\n\"'`=,;&|()<>", r) }
	var out []string
	for _, text := range texts {
		for _, word := range append(strings.FieldsFunc(text, apart), text) {
			for _, dir := range dirs {
				path := word
				if !filepath.IsAbs(path) {
					path = filepath.Join(dir, path)
				}
				if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() {
					out = append(out, path)
				}
			}
			if path, err := exec.LookPath(word); err == nil && filepath.IsAbs(path) {
				out = append(out, path)
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// Texts are what the process was started with, as far as it may name files.
func (p Process) Texts() []string {
	return append(slices.Clone(p.Argv), p.Script, p.Var("npm_lifecycle_script"))
}

// Scripts says what one of the files does by itself, if it is a shell's script: a
// shell that became the program (exec) is to be seen no more.
func Scripts(files []string) error {
	for _, path := range files {
		if text := head(path); isScript(text) && !leadsOnly(path) {
			if err := harmless(string(text)); err != nil {
				return never{err}
			}
		}
	}
	return nil
}

// leadsOnly tells of a script that finds out which program is meant, and becomes it:
// those that package managers and version managers write.
func leadsOnly(path string) bool {
	return strings.Contains(path, "/node_modules/") || filepath.Base(filepath.Dir(path)) == "shims" ||
		slices.Contains([]string{"npm", "npx", "yarn", "yarnpkg", "pnpm", "pnpx"}, filepath.Base(path))
}

// isScript tells of a shell's script.
func isScript(text []byte) bool {
	first, _, _ := bytes.Cut(text, []byte("\n"))
	return bytes.HasPrefix(first, []byte("#!")) && slices.ContainsFunc(strings.Fields(string(first[2:])), func(w string) bool { return isShell(filepath.Base(w)) })
}

// head is the beginning of a file.
func head(path string) []byte {
	f, err := regular.Open(path)
	if err != nil {
		return nil
	}
	defer f.Close()
	b := make([]byte, 64<<10)
	n, _ := f.Read(b)
	return b[:n]
}
