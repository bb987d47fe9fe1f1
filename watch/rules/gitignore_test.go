package rules

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// gitPaths are the files asked of every set of lines. A folder is asked for by
// the files in it: git itself looks at folders on the disk only.
var gitPaths = []string{
	"a", "a.ts", "b.log", "foo", "foo/a.ts", "foo/bar/a.ts", "foo/bar/baz/a.ts", "bar/foo", "bar/foo/a.ts", "bar/baz/a.ts", "bar/a.ts",
	"src/x.js", "src/x.ts", "src/foo", "src/gen/x.ts", "src/gen/keep.ts", "src/gen/more/keep.ts", "#x", "!x", "sp ", "{a}", "x{a,b}", "ab.ts",
	"deep/er/foo/x.ts", "deep/er/x.ts", "foobar", "fooxbar/y.ts", "[a]", "a]", "é.ts", "a/b", "a/x/b", "a/x/y/b",
}

// gitLines are the cases; each is one .gitignore.
var gitLines = []string{
	"foo", "foo/", "/foo", "/foo/", "foo/bar", "**/foo", "foo/**", "foo/**/a.ts", "/**/foo/", "*", "*.ts", "*.log\n!b.log",
	"*\n!*/\n!*.ts", "src/*\n!src/gen/", "src/gen/*\n!keep.ts", "src/\n!src/x.ts", `\#x`, `\!x`, "#x", "sp", `sp\ `, "sp  ", "{a}", "x{a,b}", "[ab].ts",
	"[!é].ts", "[a-c]*.ts", "foo*bar", "foo**bar", "?", "**", "/*", "**/", "a/**/b", "bar/*/a.ts", "!foo\nfoo", "foo\n!foo", "\\", "[", "a\r\nfoo\r", "\xef\xbb\xbffoo",
	`[\]a]`, "foo/*", "*/foo", "é*", "[!a]b.ts", "deep/**/foo", "deep/**/x.ts", "/", "//", "!", "foo//bar", `\foo`, `fo\o`, "*.t?", "**.ts", "src/**.ts",
}

// ignoredByUs tells whether lines in the root's .gitignore name the file rel or
// a folder it lies in.
func ignoredByUs(t *testing.T, lines, rel string) bool {
	t.Helper()
	r := testkit.Must(New(Config{Root: "/r"}))(t)
	r.SetGitignore("/r", []byte(lines))
	var ignored bool
	for i := range len(rel) {
		if rel[i] == '/' {
			ignored = ignored || r.gitIgnored("/r/"+rel[:i], true)
		}
	}
	return ignored || r.gitIgnored("/r/"+rel, false)
}

func TestGitignoreAsGitDoes(t *testing.T) {
	git, err := exec.LookPath("git")
	if err != nil {
		t.Skip("git is not installed")
	}
	dir := t.TempDir()
	run := func(stdin string, args ...string) string {
		cmd := exec.Command(git, args...)
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_SYSTEM=/dev/null")
		cmd.Stdin = strings.NewReader(stdin)
		out, err := cmd.Output()
		if exit, ok := err.(*exec.ExitError); ok && exit.ExitCode() != 1 {
			t.Fatalf("git %v: %v %s", args, err, exit.Stderr)
		}
		return string(out)
	}
	run("", "init", "-q")
	for _, lines := range gitLines {
		testkit.NoError(t, os.WriteFile(filepath.Join(dir, ".gitignore"), []byte(lines), 0o644))
		theirs := make(map[string]bool)
		// --no-index, or git asks the disk whether a path is a folder.
		for p := range strings.SplitSeq(run(strings.Join(gitPaths, "\x00"), "check-ignore", "--no-index", "-z", "--stdin"), "\x00") {
			theirs[p] = true
		}
		for _, p := range gitPaths {
			if ours := ignoredByUs(t, lines, p); ours != theirs[p] {
				t.Errorf("lines %q, path %q: ignored %v, by git %v", lines, p, ours, theirs[p])
			}
		}
	}
}

func FuzzGitignore(f *testing.F) {
	for i, lines := range gitLines {
		f.Add(lines, gitPaths[i%len(gitPaths)])
	}
	f.Fuzz(func(t *testing.T, lines, rel string) {
		r := testkit.Must(New(Config{Root: "/r"}))(t)
		r.SetGitignore("/r", []byte(lines))
		p := "/r/" + rel
		file, dir := r.Counts(p), r.Descend(p) // the second time from what was remembered
		if r.Counts(p) != file || r.Descend(p) != dir {
			t.Fatal("two answers to one question")
		}
		r.SetGitignore("/r", nil)
		if r.gitIgnored(clean(p), false) {
			t.Fatalf("%q is ignored by a file that is gone", rel)
		}
	})
}
