//go:build linux

package packagetest

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/e2etest"
	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// matcher is a problem matcher of Visual Studio Code.
type matcher struct {
	Owner      string
	Pattern    patterns
	Background *struct {
		ActiveOnStart              bool
		BeginsPattern, EndsPattern string
	}
}

type pattern struct {
	Regexp              string
	File, Line, Message int
}

// patterns is one, or one for each of several lines.
type patterns []pattern

func (p *patterns) UnmarshalJSON(b []byte) error {
	if strings.HasPrefix(string(b), "[") {
		return json.Unmarshal(b, (*[]pattern)(p))
	}
	*p = make(patterns, 1)
	return json.Unmarshal(b, &(*p)[0])
}

// editor keeps the problems of a task as Visual Studio Code does for a background task
// (WatchingProblemCollector): a line that begins or ends a run yields no problem, an end while no run is under way means
// nothing, and an end removes the problems that are older than the run.
type editor struct {
	matchers  []matcher
	active    bool
	lines     []string
	old, seen map[string]bool
	ready     int // how often a run has ended
}

func (e *editor) line(text string) {
	b := e.matchers[0].Background
	switch {
	case !e.active && regexp.MustCompile(b.BeginsPattern).MatchString(text):
		e.active, e.old, e.lines = true, e.seen, nil
		e.seen = map[string]bool{}
		return
	case e.active && regexp.MustCompile(b.EndsPattern).MatchString(text):
		e.active, e.old = false, nil
		e.ready++
		return
	}
	e.lines = append(e.lines, text)
	for _, m := range e.matchers {
		if problem, ok := m.match(e.lines); ok {
			e.seen[problem] = true
		}
	}
}

// problems returns what the editor shows.
func (e *editor) problems() (all []string) {
	for _, from := range []map[string]bool{e.old, e.seen} {
		for problem := range from {
			all = append(all, problem)
		}
	}
	slices.Sort(all)
	return all
}

// match compares the last lines with the patterns.
func (m matcher) match(lines []string) (problem string, ok bool) {
	if len(lines) < len(m.Pattern) {
		return "", false
	}
	file, line, message := "", "", ""
	for i, p := range m.Pattern {
		found := regexp.MustCompile(p.Regexp).FindStringSubmatch(lines[len(lines)-len(m.Pattern)+i])
		if found == nil {
			return "", false
		}
		for group, text := range map[int]*string{p.File: &file, p.Line: &line, p.Message: &message} {
			if group > 0 {
				*text = found[group]
			}
		}
	}
	return fmt.Sprintf("%s:%s: %s", file, line, message), true
}

// The task's patterns, given the output of a start, of a broken save and of one that mends it: the broken save is a
// problem of the saved file and of Node's line, and the mended one removes both.
func TestTaskOfTheEditor(t *testing.T) {
	t.Parallel()
	text := testkit.Must(os.ReadFile(filepath.Join(root, "examples/vscode/tasks.json")))(t)
	var file struct {
		Tasks []struct {
			Command        string
			ProblemMatcher []matcher
		}
	}
	testkit.NoError(t, json.Unmarshal(text, &file))
	task := file.Tasks[0]
	arguments, ok := strings.CutPrefix(task.Command, "npx hotswap-dev ")
	if !ok {
		t.Fatalf("the command is %s", task.Command)
	}
	e := &editor{matchers: task.ProblemMatcher, active: task.ProblemMatcher[0].Background.ActiveOnStart, seen: map[string]bool{}}
	for _, m := range task.ProblemMatcher {
		if m.Owner != "hotswap" {
			t.Errorf("problems of %s stay: a run removes only those of its owner", m.Owner)
		}
	}

	dir := t.TempDir()
	testkit.NoError(t, os.CopyFS(dir, os.DirFS(filepath.Join(root, "examples/containers"))))
	server := filepath.Join(dir, "src", "server.js")
	cmd := exec.Command(binary, strings.Fields(arguments)...)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), "PORT="+testkit.FreePort(t))
	h := testkit.Start(t, cmd)
	read := 0 // bytes of the output that the editor has
	until := func(line string) {
		t.Helper()
		testkit.Eventually(t, func() error {
			if out := h.Output()[read:]; !strings.Contains(out, line) || !strings.HasSuffix(out, "\n") {
				return fmt.Errorf("no line with %q:\n%s", line, out)
			}
			return nil
		})
		out := h.Output()[read:]
		read += len(out)
		for line := range strings.Lines(out) {
			e.line(strings.TrimSuffix(line, "\n"))
		}
	}

	until("generation 1 serves")
	if e.ready != 1 || e.active {
		t.Error("the first generation serves, and the task is not ready")
	}
	good := e2etest.Replace(t, server, "'hello'", "nothing")
	until("generation 1 still serves")
	want := []string{
		server + ":3: ReferenceError: nothing is not defined",
		`src/server.js:: generation 2 failed: exit 1 before it listened · `,
	}
	got := e.problems()
	if len(got) != 2 || got[0] != want[0] || !strings.HasPrefix(got[1], want[1]) {
		t.Errorf("problems: %q, want %q", got, want)
	}
	testkit.Write(t, server, good+"\n")
	until("generation 1 drained")
	if got := e.problems(); len(got) > 0 || e.ready != 2 {
		t.Errorf("after the mended save: %q, %d runs", got, e.ready)
	}
}
