package rules

import (
	"cmp"
	"path"
	"slices"
	"strings"

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
		switch {
		case wrappers[name]:
			wrapped = true
			continue
		case shells[name]:
			if script, ok := scriptOf(argv[i+1:]); ok {
				return kindOfScript(script)
			}
			return All
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

// scriptOf returns the script that is among the arguments of a shell, after -c.
func scriptOf(args []string) (script string, ok bool) {
	i := slices.IndexFunc(args, func(arg string) bool {
		return strings.HasPrefix(arg, "-") && !strings.HasPrefix(arg, "--") && strings.HasSuffix(arg, "c")
	})
	if i < 0 || i+1 == len(args) {
		return "", false
	}
	return args[i+1], true
}

// kindOfScript returns the union over the commands of a shell script.
func kindOfScript(script string) Kind {
	var kind Kind
	for _, argv := range splitScript(script) {
		if neutral[argv[0]] {
			continue
		}
		kind |= KindOf(argv)
	}
	return cmp.Or(kind, All)
}

// separators end a command in a shell script.
const separators = ";&|\n(){}"

// splitScript cuts a shell script into commands of words. It takes every quote off: a wrong guess means
// that more is watched.
func splitScript(script string) (commands [][]string) {
	for command := range strings.FieldsFuncSeq(script, func(c rune) bool { return strings.ContainsRune(separators, c) }) {
		words := strings.Fields(unquote.Replace(command))
		for len(words) > 0 && assignment().MatchString(words[0]) {
			words = words[1:]
		}
		if len(words) > 0 {
			commands = append(commands, words)
		}
	}
	return commands
}

var unquote = strings.NewReplacer(`"`, "", `'`, "", `\`, "")

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
		if option == "--env-file" || option == "--env-file-if-exists" {
			found = append(found, file)
			continue
		}
		if word == "" || word[0] == '-' || assignment().MatchString(word) {
			continue
		}
		name, ext := programName(word), path.Ext(word)
		byPath := strings.Contains(word, "/")
		if shells[name] {
			if script, ok := scriptOf(argv[i+1:]); ok {
				for _, inner := range splitScript(script) {
					found = append(found, Programs(inner, isFile)...)
				}
				return found
			}
		}
		if i == 0 && !byPath {
			continue
		}
		runner := wrappers[name] || shells[name] || programs[name] != 0 && scriptKinds[ext] == 0
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
