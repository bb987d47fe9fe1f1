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

// read returns the problems that matchers find in a task's output, and how often a run begins and ends there. active: one is under
// way. As in Visual Studio Code (WatchingProblemCollector) a line that begins or ends a run yields no problem, and an end while no
// run is under way means nothing.
func read(matchers []matcher, out string, active bool) (problems []string, begins, ends int) {
	var lines []string
	run := matchers[0].Background
	for text := range strings.Lines(out) {
		text = strings.TrimSuffix(text, "\n")
		switch {
		case !active && regexp.MustCompile(run.BeginsPattern).MatchString(text):
			active = true
			begins++
			continue
		case active && regexp.MustCompile(run.EndsPattern).MatchString(text):
			active = false
			ends++
			continue
		}
		lines = append(lines, text)
		for _, m := range matchers {
			if problem, ok := m.match(lines); ok && !slices.Contains(problems, problem) {
				problems = append(problems, problem)
			}
		}
	}
	slices.Sort(problems)
	return problems, begins, ends
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
// problem of the saved file and of Node's line, and the mended one begins a run, whose end removes both.
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
	seen := 0 // bytes of the output that the editor has
	until := func(line string, active bool) ([]string, int, int) {
		t.Helper()
		testkit.Eventually(t, func() error {
			if out := h.Output()[seen:]; !strings.Contains(out, line) || !strings.HasSuffix(out, "\n") {
				return fmt.Errorf("no line with %q:\n%s", line, out)
			}
			return nil
		})
		out := h.Output()[seen:]
		seen += len(out)
		return read(task.ProblemMatcher, out, active)
	}
	if _, _, ends := until("generation 1 serves", task.ProblemMatcher[0].Background.ActiveOnStart); ends != 1 {
		t.Error("the first generation serves, and the task is not ready")
	}
	good := e2etest.Replace(t, server, "'hello'", "nothing")
	got, begins, _ := until("generation 1 still serves", false)
	want := []string{
		server + ":3: ReferenceError: nothing is not defined",
		`src/server.js:: generation 2 failed: exit 1 before it listened · `,
	}
	if len(got) != 2 || got[0] != want[0] || !strings.HasPrefix(got[1], want[1]) || begins > 0 {
		t.Errorf("problems: %q, want %q; %d runs begin", got, want, begins)
	}
	testkit.Write(t, server, good+"\n")
	if got, begins, ends := until("generation 1 drained", false); len(got) > 0 || begins != 1 || ends == 0 {
		t.Errorf("after the mended save: %q, %d runs begin, %d end", got, begins, ends)
	}
}
