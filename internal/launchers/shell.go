package launchers

import (
	"path"
	"slices"
	"strings"
)

// IsShell reports whether a standby may start a program that is a shell.
func IsShell(name string) bool {
	l := Named(name)
	return l.Kind == Shell && l.Twice
}

// Runs returns what the arguments of a shell have it run: a text, or else a file. Its name is the first.
func Runs(argv []string) (text string, is bool, file string) {
	if len(argv) > 1 && path.Base(argv[0]) == "busybox" {
		argv = argv[1:]
	}
	texts := false
	for i := 1; i < len(argv); i++ {
		switch arg := argv[i]; {
		case arg == "--rcfile", arg == "--init-file":
			i++
		case strings.HasPrefix(arg, "--") && arg != "--", strings.HasPrefix(arg, "+"):
		case strings.HasPrefix(arg, "-"):
			texts = texts || strings.Contains(arg, "c")
			if strings.HasSuffix(strings.ToLower(arg), "o") { // -o pipefail, -O extglob
				i++
			}
		case texts:
			return arg, true, ""
		default:
			return "", false, arg
		}
	}
	return "", false, ""
}

// IsScript reports whether a text is that of a file which a shell runs.
func IsScript(text string) bool {
	line, _, _ := strings.Cut(text, "\n")
	by, is := strings.CutPrefix(line, "#!")
	return is && slices.ContainsFunc(strings.Fields(by), func(word string) bool { return IsShell(path.Base(word)) })
}
