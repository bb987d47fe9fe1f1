package why

import (
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/changes"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/rule"
	"github.com/hotswap-dev/hotswap/supervisor/control"
	"github.com/hotswap-dev/hotswap/watch"
	"github.com/hotswap-dev/hotswap/watch/rules"
)

// project returns a project in /r: what decides about its files, and its rules.
func project(t testing.TB) (*rules.Rules, changes.Config, *rule.Rules) {
	t.Helper()
	all, err := rule.New("/r", []rule.Rule{
		{Where: "hotswap.yaml:3", Change: []string{"drizzle/**"}, Run: "npm run migrate", Once: true},
		{Where: "hotswap.yaml:6", Change: []string{"src/routes/**", "!src/routes/x.ts"}, Run: "npm run openapi", Outputs: []string{"gen"}},
		{Where: "hotswap.yaml:9", Change: []string{"src/routes/*.sql"}, Run: "npm run sql"},
		{Where: "hotswap.yaml:12", Change: []string{"certs/*.pem"}, Signal: syscall.SIGHUP},
		{Where: "hotswap.yaml:15", Change: []string{"**/*.md"}, Nothing: true},
		{Where: "hotswap.yaml:18", Change: []string{"public/*.css"}, Browser: rule.BrowserCSS},
		{Where: "hotswap.yaml:21", Change: []string{"views/*"}, Browser: rule.BrowserReload},
		{Where: "hotswap.yaml:24", Change: []string{"data/*"}, Run: "npm run data", Nothing: true},
	})
	if err != nil {
		t.Fatal(err)
	}
	cfg := changes.Config{Root: "/r", Project: "/r/hotswap.yaml", Command: []string{"npm", "run", "dev"}, Files: []string{"vars"}, Watch: []string{"notes/*.txt"}, Ignore: []string{"*.gen.ts"}}
	w, err := rules.New(rules.Config{
		Root: cfg.Root, Command: cfg.Command, Files: []string{"/r/vars"}, Packages: []rules.Packages{{Dir: "/r/node_modules"}},
		Programs: []string{"server.js"}, Include: append(cfg.Watch, all.Patterns()...), Ignore: append(cfg.Ignore, all.Outputs()...),
	})
	if err != nil {
		t.Fatal(err)
	}
	w.SetGitignore("/r", []byte("\nlocal/\n*.out.ts"))
	w.SetLoaded(nil, []string{"/else/dep.js"})
	return w, cfg, all
}

func TestText(t *testing.T) {
	watched, cfg, all := project(t)
	const ts = `watched because ".ts" files count for: npm run dev`
	for _, tt := range []struct{ file, want string }{
		{"src/a.ts", "a change swaps\n" + ts},
		{"src/routes/a.ts", "a change runs `npm run openapi` (hotswap.yaml:6), then swaps\n" + ts},
		{"src/routes/a.sql", "a change runs `npm run openapi` (hotswap.yaml:6) and `npm run sql` (hotswap.yaml:9), then swaps\nwatched because \".sql\" files count for: npm run dev"},
		{"src/routes/x.ts", "a change swaps\n" + ts},
		{"drizzle/1.sql", "a change runs `npm run migrate` if its inputs have another content (hotswap.yaml:3), then swaps\nwatched because \".sql\" files count for: npm run dev"},
		{"certs/a.pem", "a change sends SIGHUP to the program (hotswap.yaml:12), without a swap\nwatched because \"certs/*.pem\" names it (hotswap.yaml:12)"},
		{"README.md", "a change does nothing: \"**/*.md\" says so (hotswap.yaml:15)\nnot watched because \".md\" files do not count for: npm run dev"},
		{"src/routes/a.md", "a change does nothing: \"**/*.md\" says so (hotswap.yaml:15)\nwatched because \"src/routes/**\" names it (hotswap.yaml:6)"},
		{"public/a.css", "a change has browsers load style sheets again (hotswap.yaml:18), without a swap\nwatched because \"public/*.css\" names it (hotswap.yaml:18)"},
		{"views/a", "a change reloads the pages in browsers (hotswap.yaml:21), without a swap\nwatched because \"views/*\" names it (hotswap.yaml:21)"},
		{"data/a", "a change runs `npm run data` (hotswap.yaml:24), without a swap\nwatched because \"data/*\" names it (hotswap.yaml:24)"},
		{"gen/api.ts", "a change does nothing: it is an output of `npm run openapi` (hotswap.yaml:6)"},
		{"a.gen.ts", `a change does nothing: --ignore "*.gen.ts" names it`},
		{"notes/a.txt", "a change swaps\nwatched because --watch \"notes/*.txt\" names it"},
		{"vars", "a change swaps\nwatched because --env-file names it"},
		{".env", "a change swaps\nwatched because it is a file that programs read when they start"},
		{"server.js", "a change swaps\nwatched because it is the program's own file"},
		{"package.json", "a change swaps\nwatched because programs read a file of this name when they start"},
		{"node_modules", "a change swaps\nwatched because it is a folder of installed packages, which counts as one file"},
		{"../else/dep.js", "a change swaps\nwatched because a process of the program has loaded it"},
		{"../other/a.ts", "a change does nothing: it lies outside of what is watched (--watch adds paths)"},
		{"lib/node_modules/b.js", "a change does nothing: lib/node_modules is a folder of packages, builds or tools (--watch overrides that)"},
		{"local/x/a.ts", "a change does nothing: git ignores the folder local: .gitignore:2: local/"},
		{"a.out.ts", "a change does nothing: git ignores it: .gitignore:3: *.out.ts"},
		{"hotswap.yaml", "hotswap reads the file anew at each change; only another command or env_file swaps"},
		{"src/.a.ts.swp", "a change does nothing: it is named like a temporary file of an editor"},
		{"app.log", "a change does nothing: it is named like a log, a database or a lock file (--watch overrides that)"},
		{"Makefile", "a change does nothing: files without an extension do not count for: npm run dev"},
		{"a.py", `a change does nothing: ".py" files do not count for: npm run dev`},
	} {
		file := filepath.Join("/r", tt.file)
		w := decide(file, changes.Explanation{Explanation: watch.Explanation{Explanation: watched.Explain(file), Reached: true}}, cfg, all)
		got := Text(w, "/r")
		if want := tt.file + ": " + tt.want; got != want {
			t.Errorf("%s\nwant %s", got, want)
		}
		if swaps := strings.Contains(tt.want, "swaps\n"); w.Swaps != swaps {
			t.Errorf("%s: swaps %v", tt.file, w.Swaps)
		}
	}
}

// An option of the project's file is named by its line.
func TestTextNamesThePlaceOfAnOption(t *testing.T) {
	watched, cfg, all := project(t)
	cfg.Place = func(option, value string) string { return "hotswap.yaml:" + option + value }
	for file, want := range map[string]string{
		"/r/a.gen.ts":    `a.gen.ts: a change does nothing: "*.gen.ts" names it (hotswap.yaml:ignore*.gen.ts)`,
		"/r/notes/a.txt": "notes/a.txt: a change swaps\nwatched because \"notes/*.txt\" names it (hotswap.yaml:watchnotes/*.txt)",
		"/r/vars":        "vars: a change swaps\nwatched because env_file names it (hotswap.yaml:env-file)",
	} {
		e := changes.Explanation{Explanation: watch.Explanation{Explanation: watched.Explain(file), Reached: true}}
		if got := Text(decide(file, e, cfg, all), "/r"); got != want {
			t.Errorf("%s\nwant %s", got, want)
		}
		e.Asked, e.Reason, e.Ext = true, rules.OtherKind, ".md"
		if got := Text(decide("/r/src/a", e, cfg, all), "/r"); got != "src/a: a change does nothing: ext names other extensions (hotswap.yaml:ext)" {
			t.Error(got)
		}
	}
}

// Rules do nothing about a file that does not count.
func TestNoRulesForWhatDoesNotCount(t *testing.T) {
	watched, cfg, all := project(t)
	const file = "/r/src/routes/a.gen.ts"
	w := decide(file, changes.Explanation{Explanation: watch.Explanation{Explanation: watched.Explain(file), Reached: true}}, cfg, all)
	if w.Counts || w.Swaps || len(w.Rules) > 0 {
		t.Errorf("%+v", w)
	}
}

// What the watcher notices may do nothing at this moment.
func TestTextOfWhatIsUnwanted(t *testing.T) {
	watched, cfg, all := project(t)
	text := func(file string, change func(*changes.Explanation, *control.Why)) string {
		e := changes.Explanation{Explanation: watch.Explanation{Explanation: watched.Explain(file), Reached: true}}
		var w control.Why
		change(&e, &w)
		decided := decide(file, e, cfg, all)
		decided.Kept, decided.IsFolder, decided.ReachedBy = w.Kept, w.IsFolder, w.ReachedBy
		if e.Unwanted != "" && decided.Swaps {
			t.Errorf("%s: swaps", file)
		}
		first, _, _ := strings.Cut(Text(decided, "/r"), "\nwatched because ")
		return first
	}
	for want, got := range map[string]string{
		"a.ts: a change does nothing: no process of the program has loaded it (--watch has it count)":                      text("/r/a.ts", func(e *changes.Explanation, _ *control.Why) { e.Unwanted = changes.NotLoaded }),
		"a.ts: a change does nothing: the program had the file open for writing at the last change":                        text("/r/a.ts", func(e *changes.Explanation, _ *control.Why) { e.Unwanted = changes.Open }),
		"a.ts: a change does nothing where the program itself writes the file, as at the last change; otherwise it swaps":  text("/r/a.ts", func(e *changes.Explanation, _ *control.Why) { e.Unwanted = changes.ByProgram }),
		"a.ts: a change does nothing where a command of a rule writes the file, as at the last change; otherwise it swaps": text("/r/a.ts", func(e *changes.Explanation, _ *control.Why) { e.Unwanted = changes.ByBuild }),
		"a.ts: no change is noticed: the folder is not watched, because a symbolic link leads to it or it cannot be read":  text("/r/a.ts", func(e *changes.Explanation, _ *control.Why) { e.Reached = false }),
		"link.ts: a change swaps\nwatched as a.ts because \".ts\" files count for: npm run dev":                            text("/r/a.ts", func(_ *changes.Explanation, w *control.Why) { w.ReachedBy = "/r/link.ts" }),
		"src: a folder; ask for a file in it, or for all that count: hotswap watch":                                        text("/r/src", func(_ *changes.Explanation, w *control.Why) { w.IsFolder = true }),
		"../other/x: no file in this folder counts: it lies outside of what is watched (--watch adds paths)":               text("/other/x", func(_ *changes.Explanation, w *control.Why) { w.IsFolder = true }),
	} {
		if got != want {
			t.Errorf("%s\nwant %s", got, want)
		}
	}
	w := decide("/r/a.ts", changes.Explanation{Explanation: watch.Explanation{Explanation: watched.Explain("/r/a.ts"), Reached: true}}, cfg, all)
	w.Kept = true
	if got := Text(w, "/r"); !strings.HasSuffix(got, "\nswaps are paused: a change is kept until hotswap resume") {
		t.Error(got)
	}
}

// A path of many bytes, or with control characters, stays within its line.
func TestTextOfHostileNames(t *testing.T) {
	file := "/r/" + strings.Repeat("x", 5000) + "\n\x1b[2J.ts"
	got := Text(control.Why{File: file, Counts: true, Swaps: true, Reason: "kind", Extension: ".ts\n"}, "/r")
	if strings.Count(got, "\n") != 1 || strings.Contains(got, "\x1b") || len(got) > 2000 {
		t.Errorf("%q", got)
	}
}

// What Text says of a file is what the rules decide: a file swaps exactly if it counts and the
// rules want a swap.
func FuzzWhy(f *testing.F) {
	for _, file := range []string{"src/a.ts", "src/routes/x.md", "gen/a", "../x", "public/a.css", "node_modules/a.js", "local/a.ts", "data/x.gen.ts"} {
		f.Add(file)
	}
	watched, cfg, all := project(f)
	f.Fuzz(func(t *testing.T, file string) {
		if file = "/r/" + file; file == cfg.Project {
			return
		}
		w := decide(file, changes.Explanation{Explanation: watch.Explanation{Explanation: watched.Explain(file), Reached: true}}, cfg, all)
		plan := all.Decide([]string{file})
		if want := watched.Counts(file) && len(plan.Swap) > 0; w.Swaps != want {
			t.Fatalf("%q: swaps %v, want %v", file, w.Swaps, want)
		}
		if w.Counts != watched.Counts(file) {
			t.Fatalf("%q: counts %v", file, w.Counts)
		}
		text := Text(w, "/r")
		if first, _, _ := strings.Cut(text, "\n"); w.Swaps != strings.HasSuffix(first, "swaps") && !strings.Contains(file, "swaps") {
			t.Fatalf("%q: %s", file, text)
		}
		if n := strings.Count(text, "\n"); n > 2 {
			t.Fatalf("%q: %d lines", file, n+1)
		}
	})
}
