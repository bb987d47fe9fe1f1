package direct

import (
	"cmp"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hotswap-dev/hotswap/handoff/runtime/standby"
	"github.com/hotswap-dev/hotswap/internal/launchers"
	"github.com/hotswap-dev/hotswap/internal/regular"
)

// Unknown returns a command on the way to the program that may have given the program what is out of date later, such
// as credentials; "": none. Nobody sees a command that has become the next one by exec(2), so the words of each command
// that is known must lead to a process of the path.
func Unknown(command []string, path []standby.Process) string {
	u := unknown{path: path, from: path[0]}
	who := u.command(command, deepest)
	u.from = path[len(path)-1] // which has what the others have added to PATH
	for _, p := range path {
		pkg := p.Package()
		switch l := launchers.Of(pkg); {
		case l.Gives:
			who = cmp.Or(who, pkg)
		case l.Kind == launchers.Wrapper:
			who = cmp.Or(who, u.command(append([]string{filepath.Base(pkg)}, p.Argv[2:]...), deepest))
		case launchers.Named(p.Name()).Kind != 0:
			who = cmp.Or(who, u.command(p.Argv, deepest))
		}
		text, event := p.Lifecycle(), p.Var(lifecycle)
		if text == "" && event != os.Getenv(lifecycle) {
			m, _ := standby.ReadManifest(p.Dir)
			text = m.Scripts[event]
		}
		if text != "" {
			who = cmp.Or(who, u.text(text, deepest))
		}
	}
	return who
}

// unknown looks for a command of which it is not known that it only leads to a process of the path.
type unknown struct {
	judge
	path []standby.Process
	from standby.Process // whose folder and PATH the words are for
}

func (u *unknown) command(words []string, depth int) string {
	if len(words) == 0 || depth == 0 {
		return "its command"
	}
	l := launchers.Named(launchers.Base(words[0]))
	if strings.Contains(words[0], "/") && !filepath.IsAbs(words[0]) {
		l = launchers.Launcher{} // a file of the project
	}
	switch file := u.find(words[0], u.from); {
	case l.Kind == launchers.Shell:
		text, _ := launchers.Runs(words)
		return u.text(text, depth-1)
	case l.Kind != 0 && (l.Gives || !l.Twice):
		return words[0]
	case l.Kind == launchers.Loader: // is a process of the path
	case l.Kind == launchers.Manager && u.path[len(u.path)-1].Var(lifecycle) != "": // the script's text is judged
	case l.Kind != 0:
		for i, word := range words[1:] {
			if u.find(word, u.from) != "" {
				return u.command(words[i+1:], depth-1)
			}
		}
		if l.Kind == launchers.Wrapper {
			return words[0]
		}
	case slices.ContainsFunc(u.path, func(p standby.Process) bool {
		// A shim of pyenv's puts the program's folder first in PATH, and its whole path in place of the name.
		same := len(p.Argv) > 0 && hasWords(append(p.Argv[:1:1], words[1:]...), u.from, p)
		return regular.Same(file, p.Exe) && (same || launchers.Titled(p.Argv))
	}):
	case !slices.ContainsFunc(executed(words, file), func(by []string) bool { return u.command(by, depth-1) == "" }):
		return words[0]
	}
	return ""
}

// within are commands of a shell that give the program nothing but their words.
var within = strings.Fields("cd set export echo test [ true : ulimit umask")

func (u *unknown) text(text string, depth int) (who string) {
	s, err := launchers.Read(text)
	if err != nil || s.Compound || text == "" {
		return "a shell"
	}
	for _, c := range s.Commands {
		words := c.Known()
		if len(words) > 1 && words[0] == "exec" {
			words = words[1:]
		}
		if len(words) == 0 || !slices.Contains(within, words[0]) {
			who = cmp.Or(who, u.command(words, depth))
		}
	}
	return who
}
