package project

import (
	"errors"
	"os/exec"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/exit"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/rule"
	"github.com/hotswap-dev/hotswap/supervisor/proc"
)

// command reads the command: a list of arguments, or a text.
func (r *reader) command(key string, n ast.Node) error {
	_, list := n.(*ast.SequenceNode)
	var words []string
	if err := texts(&words)(r, key, n); err != nil {
		return err
	}
	if !list {
		words = Split(words[0])
	}
	if len(words) == 0 || words[0] == "" {
		return r.wrong(n, "command is empty: give one, such as npm run dev")
	}
	r.file.Command = words
	return nil
}

// These characters and words make a text one for a shell, as in GNU make (job.c), with quotes. A word with an equals
// sign before the program's name is an assignment.
const shellChars = "#;\"'\\*?[]&|<>(){}$`^~!%\n\r"

var shellWords = strings.Fields(
	`. : alias bg break case cd command continue eval exec exit export fc fg for getopts hash if
	jobs read readonly return set shift source test time times trap type ulimit umask unalias unset wait while`)

// Split returns the arguments of a command that is a text. One of plain words needs no shell.
func Split(text string) []string {
	words := strings.Fields(text)
	if strings.ContainsAny(strings.TrimSpace(text), shellChars) ||
		len(words) > 0 && (strings.Contains(words[0], "=") || slices.Contains(shellWords, words[0])) {
		return []string{"sh", "-c", strings.TrimSpace(text)}
	}
	return words
}

// CheckCommand returns an error with an exit code if there is no program of the name that the
// command has. A rule that runs before the first start may still make it.
func CheckCommand(command []string, rules []rule.Rule) error {
	if slices.ContainsFunc(rules, func(r rule.Rule) bool { return r.Once || len(r.Change) == 0 }) {
		return nil
	}
	_, err := exec.LookPath(command[0])
	if err == nil || errors.Is(err, exec.ErrDot) {
		return nil
	}
	return exit.Unavailable(&proc.StartError{Argv: command, Err: err})
}
