package rules

import (
	"errors"
	"strings"
	"testing"
)

// Package why's tests have the other answers.
func TestExplain(t *testing.T) {
	r := build(t, Config{
		Command: []string{"node", "server.js"}, Programs: []string{"server.js"},
		Include: []string{"notes.txt", "node_modules/lib", "conf/**/*.txt", "/else/**/*.md"},
		Ignore:  []string{"*.spec.ts", "gen/", "/r/abs/*.ts"},
	})
	r.SetGitignore("/r", []byte("# what\n\nlocal/\n*.gen.ts\n!keep.gen.ts\nnode_modules/\n{odd}.ts\n"), Inside)
	r.SetGitignore("/r/sub", []byte("/mine.ts"), Inside)
	r.SetLoaded(nil, []string{"/elsewhere/dep.js"})
	for file, want := range map[string]Explanation{
		"/r/a.spec.ts":       {Reason: Ignored, Pattern: "*.spec.ts"},
		"/r/x/gen/deep/a.ts": {Reason: Ignored, Pattern: "gen/"},
		"/r/abs/a.ts":        {Reason: Ignored, Pattern: "/r/abs/*.ts"},
		"/r/packages/a/dist/x/y.js": {Reason: NoSource,
			Text: "packages/a/dist is a folder of packages, builds or tools (--watch overrides that)"},
		"/r/local/src/a.ts":        {Reason: GitIgnored, Text: "git ignores the folder local: .gitignore:3: local/"},
		"/r/{odd}.ts":              {Reason: GitIgnored, Text: "git ignores it: .gitignore:7: {odd}.ts"},
		"/r/sub/mine.ts":           {Reason: GitIgnored, Text: "git ignores it: sub/.gitignore:1: /mine.ts"},
		"/else/a.ts":               {Reason: Unmatched, Text: texts[Unmatched]},
		"/r/conf/x/a.txt":          {Reason: Matched, Chosen: true, Pattern: "conf/**/*.txt"},
		"/r/keep.gen.ts":           {Reason: OfKind, Text: `".ts" files count for: node server.js`},
		"/r/node_modules/lib/a.js": {Reason: OfKind, Chosen: true, Text: `".js" files count for: node server.js`},
	} {
		if got := r.Explain(file); got != want {
			t.Errorf("Explain(%s) = %+v, want %+v", file, got, want)
		}
	}
}

// Whatever people write, an explanation agrees with what counts, also the second time from what was remembered, and
// says something.
func FuzzRules(f *testing.F) {
	for i, fact := range gitFacts(f) {
		f.Add("x", "gen/", "node x", fact.Lines, gitPaths[i%len(gitPaths)])
	}
	f.Add("src/**/*.ts", "*.log", "npm run dev", "*.ts\n!a.ts", "src/a.ts")
	f.Add("{a,b}/[!c]", "!x/\\", `sh -c 'cd x && "`, "b/", "a/b/dist/c.ts")
	f.Add("../..", "../*", "env A=b", "y/**\n!y/z.ts\n", "../x")
	f.Fuzz(func(t *testing.T, include, ignore, command, lines, file string) {
		argv := strings.Fields(command)
		r, err := New(Config{
			Root: "/r", Roots: []string{"."}, Include: []string{include}, Ignore: []string{ignore}, Command: argv,
			Programs: Programs(argv, func(w string) bool { return len(w)%2 == 0 }),
		})
		if err != nil {
			if !errors.Is(err, ErrPattern) {
				t.Fatalf("error %v does not wrap ErrPattern", err)
			}
			return
		}
		r.SetGitignore("/r", []byte(lines), Inside)
		file = r.abs("/r/" + file)
		if e := r.Explain(file); e.Counts() != r.Counts(file) || e.Counts() && len(r.Bases()) == 0 ||
			e.Text == "" && e.Pattern == "" && e.Reason != Named {
			t.Fatalf("%+v, and Counts says %v", e, r.Counts(file))
		}
		if dir := r.Descend(file); r.Descend(file) != dir || KindOf([]string{"sh", "-c", command}) == 0 ||
			KindOf(argv) == 0 {
			t.Fatal("two answers to one question, or a command of no kind")
		}
		r.SetGitignore("/r", nil, Inside)
		if r.gitIgnored(file, false) {
			t.Fatal("ignored by a file that is gone")
		}
	})
}
