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
	Owner   string
	Pattern []struct { // for each of several lines
		Regexp              string
		File, Line, Message int
	}
	Background struct{ BeginsPattern, EndsPattern string }
}

// problems returns what the matcher finds in a task's output.
func (m matcher) problems(out string) (all []string) {
	lines, groups, file, line, message := []string(nil), 0, 0, 0, 0
	for _, p := range m.Pattern {
		for group, to := range map[int]*int{p.File: &file, p.Line: &line, p.Message: &message} {
			if group > 0 {
				*to = groups + group
			}
		}
		groups += regexp.MustCompile(p.Regexp).NumSubexp()
		lines = append(lines, p.Regexp)
	}
	for _, found := range regexp.MustCompile("(?m)"+strings.Join(lines, "\n")).FindAllStringSubmatch(out, -1) {
		found[0] = "" // of a matcher without a line
		all = append(all, fmt.Sprintf("%s:%s: %s", found[file], found[line], found[message]))
	}
	return all
}

// The task's patterns, given the output of a start, of a broken save and of one that mends it: the broken save is a
// problem of the saved file and of Node's line, and the mended one begins a run, whose end removes both.
func TestTaskOfTheEditor(t *testing.T) {
	t.Parallel()
	var file struct {
		Tasks []struct {
			Command        string
			ProblemMatcher []matcher
		}
	}
	testkit.NoError(t, json.Unmarshal(testkit.Must(os.ReadFile(filepath.Join(root, "examples/vscode/tasks.json")))(t),
		&file))
	task := file.Tasks[0]
	arguments, ok := strings.CutPrefix(task.Command, "npx hotswap-dev ")
	if !ok || slices.ContainsFunc(task.ProblemMatcher, func(m matcher) bool { return m.Owner != "hotswap" }) {
		t.Fatalf("a run removes only the problems of its owner: %+v", task)
	}
	begins := regexp.MustCompile("(?m)" + task.ProblemMatcher[0].Background.BeginsPattern)
	ends := regexp.MustCompile("(?m)" + task.ProblemMatcher[0].Background.EndsPattern)

	dir := t.TempDir()
	testkit.NoError(t, os.CopyFS(dir, os.DirFS(filepath.Join(root, "examples/containers"))))
	server := filepath.Join(dir, "src", "server.js")
	cmd := exec.Command(binary, strings.Fields(arguments)...)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), "PORT="+testkit.FreePort(t))
	h := testkit.Start(t, cmd)
	seen := 0 // bytes of the output that the editor has
	until := func(line string) (out string, problems []string) {
		t.Helper()
		testkit.Eventually(t, func() error {
			out = h.Output()[seen:]
			if !strings.Contains(out, line) || !strings.HasSuffix(out, "\n") {
				return fmt.Errorf("no line with %q:\n%s", line, out)
			}
			return nil
		})
		seen += len(out)
		for _, m := range task.ProblemMatcher {
			problems = append(problems, m.problems(out)...)
		}
		return out, problems
	}
	if out, _ := until("generation 1 serves"); !ends.MatchString(out) {
		t.Error("the first generation serves, and the task is not ready")
	}
	good := e2etest.Replace(t, server, "'hello'", "nothing")
	out, got := until("generation 1 still serves")
	if len(got) != 2 ||
		!strings.HasPrefix(got[0], "src/server.js:: generation 2 failed: exit 1 before it listened · ") ||
		got[1] != server+":3: ReferenceError: nothing is not defined" || begins.MatchString(out) {
		t.Errorf("problems: %q of\n%s", got, out)
	}
	testkit.Write(t, server, good+"\n")
	out, got = until("generation 1 drained")
	if len(got) > 0 || len(begins.FindAllString(out, -1)) != 1 ||
		!ends.MatchString(out[strings.Index(out, "generation 1 drained")-9:]) {
		t.Errorf("after the mended save: %q of\n%s", got, out)
	}
}
