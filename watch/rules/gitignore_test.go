package rules

import (
	"encoding/json"
	"math/rand/v2"
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
	"a", "a.ts", "b.log", "foo", "foo/a.ts", "foo/bar/a.ts", "foo/bar/baz/a.ts", "bar/foo", "bar/foo/a.ts",
	"bar/baz/a.ts", "bar/a.ts",
	"src/x.js", "src/x.ts", "src/foo", "src/gen/x.ts", "src/gen/keep.ts", "src/gen/more/keep.ts", "#x", "!x", "sp ",
	"{a}", "x{a,b}", "ab.ts",
	"deep/er/foo/x.ts", "deep/er/x.ts", "foobar", "fooxbar/y.ts", "[a]", "a]", "a/b", "a/x/b", "a/x/y/b",
	"b", "A", "Z.ts", "1", "-", "_", "]", "[", "!", "^", `\`, "*", "?", "a:", "~", "\t", "\x01", "x ", "a-b", "bac",
	"é", "é.ts", "d.ts", "b/c", "ab/b", "ax/y/b",
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
	r.SetGitignore("/r", []byte(lines), Inside)
	var ignored bool
	for i := range len(rel) {
		if rel[i] == '/' {
			ignored = ignored || r.gitIgnored("/r/"+rel[:i], true)
		}
	}
	return ignored || r.gitIgnored("/r/"+rel, false)
}

// gitSays returns what git ignores of paths, in a folder of its own.
func gitSays(dir string) func(t testing.TB, lines string, paths ...string) []string {
	git := func(t testing.TB, in string, args ...string) string {
		cmd := exec.Command("git", args...)
		cmd.Dir, cmd.Stdin = dir, strings.NewReader(in)
		cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_SYSTEM=/dev/null")
		out, err := cmd.Output()
		if exit, ok := err.(*exec.ExitError); ok && exit.ExitCode() != 1 {
			t.Fatalf("git %v: %v %s", args, err, exit.Stderr)
		}
		return string(out)
	}
	return func(t testing.TB, lines string, paths ...string) []string {
		if _, err := os.Stat(filepath.Join(dir, ".git")); err != nil {
			git(t, "", "init", "-q")
		}
		testkit.NoError(t, os.WriteFile(filepath.Join(dir, ".gitignore"), []byte(lines), 0o644))
		// --no-index, or git asks the disk whether a path is a folder.
		said := git(t, strings.Join(paths, "\x00"), "check-ignore", "--no-index", "-z", "--stdin")
		return strings.FieldsFunc(said, func(c rune) bool { return c == 0 })
	}
}

// The facts are git's own, as it says where it is installed.
func TestGitignoreAsGitDoes(t *testing.T) {
	says := gitSays(t.TempDir())
	_, none := exec.LookPath("git")
	for _, f := range gitFacts(t) {
		for _, p := range gitPaths {
			if ours, theirs := ignoredByUs(t, f.Lines, p), slices.Contains(f.Ignored, p); ours != theirs {
				t.Errorf("lines %q, path %q: ignored %v, by git %v", f.Lines, p, ours, theirs)
			}
		}
		if said := says(t, f.Lines, gitPaths...); none == nil && !slices.Equal(said, f.Ignored) {
			t.Errorf("lines %q: git ignores %q, not %q", f.Lines, said, f.Ignored)
		}
	}
}

// FuzzGitignore compares lines with git itself, for a path and for all of gitPaths.
func FuzzGitignore(f *testing.F) {
	if _, err := exec.LookPath("git"); err != nil {
		f.Skip("no git, of which TestGitignoreAsGitDoes has some answers")
	}
	says := gitSays(f.TempDir())
	r := rand.New(rand.NewPCG(1, 1))
	some := func(of []string, most int) (text string) {
		for range 1 + r.IntN(most) {
			text += of[r.IntN(len(of))]
		}
		return text
	}
	atoms := strings.Fields(
		`* ? ** [ab] [!a] [^a] [a-c] [!a-c] [[:alpha:]] [^[:digit:]x] [[:punct:]] [[:no:]] [[:a] []a]
		[!]a] [a-] [\]a] [a\-z] [\a-\c] [é] [!é] \* \? \[ \\ \! \# \a [ [a {a,b} a b foo bar é .ts / / ! # - ]`)
	for range 100 {
		begin, end := some([]string{"", "!", "/"}, 1), some([]string{"", "/", " ", "\\ ", "\n*\n!a*"}, 1)
		f.Add(begin+some(atoms, 5)+end, some(atoms, 4))
	}
	f.Add("*\n!a*", ":a]:")
	f.Fuzz(func(t *testing.T, lines, path string) {
		paths := gitPaths
		// What begins with a colon is no path to git check-ignore.
		if !strings.HasPrefix(path, ":") && !strings.Contains(path, "\x00") && filepath.IsLocal(path) &&
			filepath.Clean(path) == path && path != "." {
			paths = append([]string{path}, paths...)
		}
		if strings.Contains(lines, "\x00") {
			return // git's line ends there
		}
		said := says(t, lines, paths...)
		for _, p := range paths {
			if ours, theirs := ignoredByUs(t, lines, p), slices.Contains(said, p); ours != theirs {
				t.Errorf("lines %q, path %q: ignored %v, by git %v", lines, p, ours, theirs)
			}
		}
	})
}
