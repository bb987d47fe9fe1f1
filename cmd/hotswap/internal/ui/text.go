package ui

import (
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/human"
	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/supervisor"
)

// because returns why a generation starts; change is the text for a change of files.
func because(c supervisor.Cause, change string) string {
	switch c {
	case supervisor.CauseCommand:
		return "on request"
	case supervisor.CauseCrash:
		return "after a crash"
	}
	return change
}

func next(n supervisor.Next) string {
	switch n.Kind {
	case supervisor.NextKeeps:
		return fmt.Sprintf("generation %d still serves", n.Gen)
	case supervisor.NextStart:
		return "starting a fresh one"
	case supervisor.NextRestart:
		if n.In == 0 {
			return "restarting"
		}
		return "restarting in " + human.Duration(n.In)
	case supervisor.NextWait:
		return "waiting for a change"
	case supervisor.NextRuns:
		return fmt.Sprintf("generation %d goes on", n.Gen)
	}
	return ""
}

// changed returns the first file of a batch, and how many more there are.
func changed(files []string) string {
	switch {
	case len(files) == 0:
		return ""
	case len(files) == 1:
		return files[0]
	}
	return fmt.Sprintf("%s and %d more", filepath.ToSlash(files[0]), len(files)-1)
}

// quote returns the most telling of the last lines of a program.
func quote(last []string) string {
	if text := supervisor.Telling(last); text != "" {
		return `"` + text + `"`
	}
	return ""
}

// span returns a time that a person has chosen, with the digits that the person wrote.
func span(d time.Duration) string {
	if d < time.Minute && d%time.Second == 0 {
		return fmt.Sprintf("%d s", d/time.Second)
	}
	return d.String()
}

func join(endpoints []handoff.Endpoint) string {
	var out []string
	const most = 4
	for i, e := range endpoints {
		if i == most && len(endpoints) > most+1 {
			out = append(out, fmt.Sprintf("and %d more", len(endpoints)-most))
			break
		}
		out = append(out, e.Short())
	}
	return strings.Join(out, " ")
}
