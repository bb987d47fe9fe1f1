package rules

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// gitPaths are the files asked of every set of lines. A folder is asked for by
// the files in it: git itself looks at folders on the disk only.
var gitPaths = []string{
	"a", "a.ts", "b.log", "foo", "foo/a.ts", "foo/bar/a.ts", "foo/bar/baz/a.ts", "bar/foo", "bar/foo/a.ts", "bar/baz/a.ts", "bar/a.ts",
	"src/x.js", "src/x.ts", "src/foo", "src/gen/x.ts", "src/gen/keep.ts", "src/gen/more/keep.ts", "#x", "!x", "sp ", "{a}", "x{a,b}", "ab.ts",
	"deep/er/foo/x.ts", "deep/er/x.ts", "foobar", "fooxbar/y.ts", "[a]", "a]", "a/b", "a/x/b", "a/x/y/b",
	"b", "A", "Z.ts", "1", "-", "_", "]", "[", "!", "^", `\`, "*", "?", "a:", "~", "\t", "\x01", "x ", "a-b", "bac", "b/c", "ab/b", "ax/y/b",
}

// fact is what git ignores of gitPaths by a .gitignore.
type fact struct {
	Lines   string
	Ignored []string
}

// gitFacts are what git says: the file has a fact on each line.
func gitFacts(t testing.TB) (all []fact) {
	f := testkit.Must(os.Open("testdata/git.json"))(t)
	defer f.Close()
	for d := json.NewDecoder(f); d.More(); {
		var one fact
		testkit.NoError(t, d.Decode(&one))
		all = append(all, one)
	}
	return all
}

// ignoredByUs tells whether lines in the root's .gitignore name the file rel or
// a folder it lies in.
func ignoredByUs(t *testing.T, lines, rel string) bool {
	t.Helper()
	r := testkit.Must(New(Config{Root: "/r"}))(t)
	r.SetGitignore("/r", []byte(lines), false)
	var ignored bool
	for i := range len(rel) {
		if rel[i] == '/' {
			ignored = ignored || r.gitIgnored("/r/"+rel[:i], true)
		}
	}
	return ignored || r.gitIgnored("/r/"+rel, false)
}

// The facts are git's own, as it says where it is installed.
func TestGitignoreAsGitDoes(t *testing.T) {
	dir := t.TempDir()
	git := func(args ...string) []byte {
		cmd := exec.Command("git", args...)
		cmd.Dir, cmd.Stdin = dir, strings.NewReader(strings.Join(gitPaths, "\x00"))
		cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_SYSTEM=/dev/null")
		out, err := cmd.Output()
		if exit, ok := err.(*exec.ExitError); ok && exit.ExitCode() != 1 {
			t.Fatalf("git %v: %v %s", args, err, exit.Stderr)
		}
		return out
	}
	git("init", "-q")
	_, none := exec.LookPath("git")
	for _, f := range gitFacts(t) {
		for _, p := range gitPaths {
			if ours, theirs := ignoredByUs(t, f.Lines, p), slices.Contains(f.Ignored, p); ours != theirs {
				t.Errorf("lines %q, path %q: ignored %v, by git %v", f.Lines, p, ours, theirs)
			}
		}
		testkit.NoError(t, os.WriteFile(filepath.Join(dir, ".gitignore"), []byte(f.Lines), 0o644))
		// --no-index, or git asks the disk whether a path is a folder.
		said := strings.FieldsFunc(string(git("check-ignore", "--no-index", "-z", "--stdin")), func(c rune) bool { return c == 0 })
		if none == nil && !slices.Equal(said, f.Ignored) {
			t.Errorf("lines %q: git ignores %q, not %q", f.Lines, said, f.Ignored)
		}
	}
}
