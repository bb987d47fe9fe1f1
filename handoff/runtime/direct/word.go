package direct

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/hotswap-dev/hotswap/handoff/runtime/standby"
	"github.com/hotswap-dev/hotswap/internal/launchers"
	"github.com/hotswap-dev/hotswap/internal/lazy"
	"github.com/hotswap-dev/hotswap/internal/regular"
)

type judge struct {
	decided []string // paths that decide which file a word is
}

// deepest bounds how many files lead from a word to a program.
const deepest = 6

// becomes says why a command may do more than to become the process next. Its first word must be the file that next
// executes, or lead there by files that are known to do nothing else. A program that is not known may have become next
// by exec(2), and left something that nobody sees: a sandbox, credentials, or a check that it makes each time.
func (j *judge) becomes(words []string, from, next standby.Process) error {
	if j.leads(words, from, next, deepest) {
		return nil
	}
	if len(words) == 0 {
		return fmt.Errorf("it is not known what starts %s", next.Name())
	}
	return fmt.Errorf("%s may do more than to start %s", cmp.Or(j.find(words[0], from), words[0]), next.Name())
}

func (j *judge) leads(words []string, from, next standby.Process, depth int) bool {
	if len(words) == 0 || depth == 0 {
		return false
	}
	file := j.find(words[0], from)
	if regular.Same(file, next.Exe) && hasWords(words, from, next) {
		return true
	}
	for _, other := range executed(words, file) {
		if j.leads(other, from, next, depth-1) {
			return true
		}
	}
	return false
}

// hasWords reports whether a process was hasWords these words, or else whether a package manager was and has put a
// title in their place.
func hasWords(words []string, from, next standby.Process) bool {
	for i, word := range words {
		if i >= len(next.Argv) || word != next.Argv[i] &&
			(i == 0 || !regular.Same(regular.Absolute(word, from.Dir), regular.Absolute(next.Argv[i], next.Dir))) {
			return launchers.Titled(next.Argv) && len(words) > 1 && standby.IsManager(words, from.Dir)
		}
	}
	return true
}

// find returns the file that a word of a command is by PATH; "": none.
func (j *judge) find(word string, from standby.Process) string {
	dirs := []string{""}
	if !strings.Contains(word, "/") {
		dirs = filepath.SplitList(from.Var("PATH"))
	}
	for _, dir := range dirs {
		file := regular.Absolute(filepath.Join(dir, word), from.Dir)
		j.decided = append(j.decided, file)
		if info, err := os.Stat(file); err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0 {
			return file
		}
	}
	return ""
}

// execLine matches a line of a shell's script that executes a command with the script's own arguments.
var execLine = lazy.Pattern(`(?m)^[ \t]*exec[ \t]+(\S.*\S)[ \t]+"\$@"[ \t]*$`)

// executed returns the commands of which one is executed if a file is: the interpreter of a script, or what a script of
// pnpm's in node_modules/.bin executes, which calls that folder "$basedir".
func executed(words []string, file string) (commands [][]string) {
	text := string(standby.Head(file))
	line, _, _ := strings.Cut(text, "\n")
	line, is := strings.CutPrefix(line, "#!")
	by := strings.Fields(line)
	if len(by) == 2 && by[0] == "/usr/bin/env" {
		by = by[1:]
	}
	if !is || len(by) != 1 {
		return nil
	}
	if !leftShell(filepath.Base(by[0])) {
		return [][]string{append([]string{by[0], file}, words[1:]...)}
	}
	dir := filepath.Dir(file)
	if info, err := os.Lstat(file); err != nil || !info.Mode().IsRegular() ||
		!strings.HasSuffix(dir, "/node_modules/.bin") {
		return nil
	}
	for _, l := range execLine().FindAllStringSubmatch(text, -1) {
		if c, sets, err := command(strings.ReplaceAll(l[1], "$basedir", dir)); err == nil && sets == nil {
			commands = append(commands, append(c, words[1:]...))
		}
	}
	return commands
}
