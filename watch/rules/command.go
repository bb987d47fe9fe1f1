package rules

import (
	"cmp"
	"path"
	"strings"

	"github.com/hotswap-dev/hotswap/internal/launchers"
	"github.com/hotswap-dev/hotswap/internal/lazy"
)

// assignment is the beginning of the word NAME=value.
var assignment = lazy.Pattern(`^[A-Za-z_][A-Za-z0-9_]*=`)

// KindOf returns what a command line runs, looking through wrappers (env, cross-env,
// timeout, sh -c and the like). All: that is not clear (make, docker, an unknown name).
func KindOf(argv []string) Kind {
	wrapped := false
	for i, word := range argv {
		if wrapped && (word == "" || word[0] == '-' || strings.Contains(word, "=")) {
			continue
		}
		name := programName(word)
		switch kind := launchers.Named(name).Kind; {
		case kind == launchers.Wrapper:
			wrapped = true
			continue
		case kind == launchers.Shell:
			script, _ := launchers.Runs(argv[i:])
			return kindOfScript(script)
		case programs[name] != 0:
			return programs[name]
		case scriptKinds[path.Ext(word)] != 0:
			return scriptKinds[path.Ext(word)]
		case wrapped && !strings.Contains(word, " "):
			continue // the argument of a wrapper's option, such as the 10 of nice -n 10
		case wrapped:
			return kindOfScript(word) // cross-env-shell "a && b"
		}
		return All
	}
	return All
}

// kindOfScript returns the union over the commands of a shell script.
func kindOfScript(script string) Kind {
	var kind Kind
	for _, argv := range commands(script) {
		if neutral[argv[0]] {
			continue
		}
		kind |= KindOf(argv)
	}
	return cmp.Or(kind, All)
}

// commands returns the words of each command of a shell script, "" for one that is not known; nil: the script is not
// understood.
func commands(script string) (all [][]string) {
	s, _ := launchers.Read(script)
	for _, c := range s.Commands {
		var words []string
		for _, w := range c.Program() {
			words = append(words, w.Text)
		}
		if len(words) > 0 {
			all = append(all, words)
		}
	}
	return all
}

// Programs returns the words of a command line that are the program's own files:
// argv[0] when it is given by path, the script of an interpreter, and files of variables,
// which may come later. isFile reports
// whether a word, taken as a path, is a regular file. Words after the script do not
// count: they are the program's arguments, and may name files that it writes.
func Programs(argv []string, isFile func(word string) bool) []string {
	var found []string
	for i, word := range argv {
		option, file, _ := strings.Cut(word, "=")
		if file == "" && i > 0 {
			option, file = argv[i-1], word
		}
		if file != "" && (option == "--env-file" || option == "--env-file-if-exists") {
			found = append(found, file)
			continue
		}
		if word == "" || word[0] == '-' || assignment().MatchString(word) {
			continue
		}
		name, ext := programName(word), path.Ext(word)
		byPath := strings.Contains(word, "/")
		kind := launchers.Named(name).Kind
		if kind == launchers.Shell {
			if script, _ := launchers.Runs(argv[i:]); script != "" {
				for _, inner := range commands(script) {
					found = append(found, Programs(inner, isFile)...)
				}
				return found
			}
		}
		if i == 0 && !byPath {
			continue
		}
		runner := kind == launchers.Wrapper || kind == launchers.Shell || programs[name] != 0 && scriptKinds[ext] == 0
		if runner && !byPath || !isFile(word) {
			continue
		}
		found = append(found, word)
		// An interpreter or a wrapper given by path runs what comes after it. A
		// file of data is not the script yet.
		if runner || i > 0 && ext != "" && scriptKinds[ext] == 0 && ext != ".sh" {
			continue
		}
		return found
	}
	return found
}
