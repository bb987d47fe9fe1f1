package rules

import (
	"slices"
	"strings"
	"testing"
)

func TestLoaded(t *testing.T) {
	packages := strings.Fields("/w/shared /w/built /w/ignored")
	files := strings.Fields(`
		/r/src/a.ts /r/dist/main.js /r/gen/deep/x.ts /r/.next/server/page.js /r/a.ts~ /r/mine/b.ts
		/r/node_modules/.x/client/a.js /r/node_modules/.cache/x/a.js /w/shared/src/index.ts /w/built/dist/index.js /w/ignored/src/i.ts /w/lib/one.ts`)
	r := build(t, Config{Command: []string{"node"}, Ignore: []string{"mine/", "../w/ignored/"}})
	r.SetGitignore("/r", []byte("gen/\n"), Inside)
	none := r.Bases()
	for range 2 { // the second time replaces the first
		r.SetLoaded(packages, files)
		for _, p := range strings.Fields(`/r/src/a.ts /r/dist/main.js /r/dist/ /r/gen/ /r/gen/deep/ /r/gen/deep/x.ts
			/w/shared/src/index.ts /w/shared/src/other.ts /w/shared/package.json /w/built/dist/index.js /w/lib/one.ts /w/lib/
			/r/node_modules/.x/client/a.js`) {
			if !ask(r, p) {
				t.Errorf("%s is not watched", p)
			}
		}
		for _, p := range strings.Fields(`/r/dist/other.js /r/dist/sub/ /r/gen/deep/y.ts /r/gen/z.ts /r/.next/server/page.js /r/a.ts~ /r/mine/b.ts
			/r/node_modules/.cache/x/a.js /w/shared/node_modules/ /w/shared/dist/ /w/built/src/index.ts /w/built/dist/more.js /w/ignored/src/i.ts /w/lib/two.ts /w/x.ts`) {
			if ask(r, p) {
				t.Errorf("%s is watched", p)
			}
		}
		if r.Reason("/r/dist/main.js") != Loaded || r.Reason("/w/lib/one.ts") != Loaded ||
			r.Reason("/r/src/a.ts") == Loaded ||
			r.Reason("/w/shared/src/index.ts") == Loaded {
			t.Error("Loaded does not tell what counts for nothing else")
		}
	}
	want := append(slices.Clone(none),
		strings.Fields("/r/dist/main.js /r/gen/deep/x.ts /r/node_modules/.x/client/a.js /w/shared /w/built/dist/index.js /w/lib/one.ts")...)
	slices.Sort(want)
	if got := r.Bases(); !slices.Equal(got, want) {
		t.Errorf("bases %q, want %q", got, want)
	}
	r.SetLoaded(nil, nil)
	if got := r.Bases(); !slices.Equal(got, none) || ask(r, "/r/dist/main.js") || ask(r, "/w/shared/src/index.ts") {
		t.Errorf("something is left: %q", got)
	}

	// Below a folder with such a name, everything has it in its path.
	r = build(t, Config{Root: "/home/.cache/app", Command: []string{"node"}})
	r.SetLoaded(strings.Fields("/home/.cache/built /home/.cache/lib"), strings.Fields(`/home/.cache/app/dist/a.js
		/home/.cache/lib/b.ts /home/.cache/built/dist/b.js /home/.cache/c.ts`))
	if !ask(r, "/home/.cache/app/dist/a.js") || !ask(r, "/home/.cache/lib/b.ts") ||
		!ask(r, "/home/.cache/built/dist/b.js") || ask(r, "/home/.cache/c.ts") {
		t.Error("a cache's name above the root counts, or below none does not")
	}

	// An agent's work tree lies in a folder of tools, and the program has loaded what lies beside its own folder there.
	r = build(t, Config{Root: "/home/.claude/worktrees/w/api", Command: []string{"node"}})
	r.SetGitignore("/home/.claude/worktrees/w", nil, Top)
	r.SetLoaded(nil, []string{"/home/.claude/worktrees/w/lib/a.ts", "/home/.claude/worktrees/w/.cache/b.ts"})
	if !ask(r, "/home/.claude/worktrees/w/lib/a.ts") || ask(r, "/home/.claude/worktrees/w/.cache/b.ts") {
		t.Error("a name above the work tree counts, or one below does not")
	}

	// What it has loaded from another copy counts, and nothing else there.
	r = build(t, Config{Command: []string{"node"}})
	r.SetGitignore("/r/w", []byte("c.ts"), Copy)
	r.SetLoaded(nil, []string{"/r/w/lib/a.ts"})
	if !ask(r, "/r/w/lib/a.ts") || r.Reason("/r/w/lib/b.ts") != Copied || ask(r, "/r/w/src/") ||
		r.Explain("/r/w/b.ts").Text != texts[Copied] {
		t.Error("another copy of the project counts, or what is loaded from it does not")
	}
}
