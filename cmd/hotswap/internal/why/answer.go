// Package why says what a change of a file does, and by which line, for a hotswap that runs.
package why

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/changes"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/rule"
	"github.com/hotswap-dev/hotswap/supervisor/control"
	"github.com/hotswap-dev/hotswap/watch/rules"
	"golang.org/x/sys/unix"
)

// answer puts together what the watcher and the rules say about a file.
type answer struct {
	changes.Explanation
	file  string // absolute
	cfg   changes.Config
	rules *rule.Rules
}

// why returns what a change does, and then why the file counts.
func (a answer) why() control.Why {
	w := control.Why{File: a.file}
	if a.file == a.cfg.Project {
		w.Says = []string{"a change does nothing: hotswap reads the file when it starts or is upgraded (SIGUSR2)"}
		return w
	}
	plan := a.rules.Decide([]string{a.file})
	mine := plan.Matches[0]
	for _, i := range mine {
		if r := a.rules.All[i]; r.Nothing && r.Run == "" {
			w.Says = []string{"a change does nothing: " + r.Where + " says so"}
			return w
		}
	}
	var does string
	do := a.actions(append(plan.Steps, mine...))
	switch {
	case !a.Counts(), len(do)+len(plan.Swap) == 0: // an output
		w.Says = []string{"a change does nothing: " + a.reason()}
		return w
	case !a.Reached:
		does = "no change is noticed: the folder is not watched, because a symbolic link leads to it or it cannot be read"
	case a.Unread:
		does = "a change does nothing: the program itself has not loaded it (--watch has it count)"
	case len(plan.Swap) > 0:
		w.Swaps = true
		does = "a change " + strings.Join(append(do, "swaps"), ", then ")
	default:
		does = "a change " + strings.Join(do, ", then ") + ", without a swap"
	}
	w.Says = []string{does, "watched because " + a.reason()}
	if a.Ignored != "" {
		w.Says = append(w.Says, "the last change started nothing: "+a.Ignored)
	}
	return w
}

func (a answer) actions(numbers []int) (do []string) {
	for i, r := range a.rules.All {
		text := "reloads pages or style sheets in browsers"
		switch {
		case !slices.Contains(numbers, i):
			continue
		case r.Once:
			text = "runs `" + r.Run + "` if its inputs have another content"
		case r.Beside:
			text = "runs `" + r.Run + "` beside the start"
		case r.Run != "":
			text = "runs `" + r.Run + "`"
		case r.Signal != 0:
			text = "sends " + unix.SignalName(r.Signal) + " to the program"
		}
		do = append(do, text+" ("+r.Where+")")
	}
	return do
}

func (a answer) reason() string {
	if r := a.rules.Output(a.file); r != nil {
		return fmt.Sprintf("it is an output of `%s` (%s)", r.Run, r.Where)
	}
	if pattern, where := a.rules.Origin(a.Pattern); pattern != "" {
		return named(pattern, where)
	}
	switch {
	case a.Reason == rules.Ignored:
		return named(a.Pattern, a.cfg.Given("ignore", a.Pattern))
	case a.Pattern != "":
		return named(a.Pattern, a.cfg.Given("watch", a.Pattern))
	case a.Text == "":
		return "env_file names it (" + a.cfg.Given("env-file", "") + ")"
	}
	return a.Text
}

// named returns that a pattern names a file, and the line or the option that has the pattern.
func named(pattern, where string) string { return fmt.Sprintf("%q names it (%s)", pattern, where) }
