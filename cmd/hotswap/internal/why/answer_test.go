package why

import (
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/changes"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/rule"
	"github.com/hotswap-dev/hotswap/internal/testkit"
	"github.com/hotswap-dev/hotswap/supervisor/control"
	"github.com/hotswap-dev/hotswap/watch"
	"github.com/hotswap-dev/hotswap/watch/rules"
)

// project returns a project in /r: what decides about its files, and its rules.
func project(t testing.TB) (*rules.Rules, changes.Config, *rule.Rules) {
	t.Helper()
	all := testkit.Must(rule.New("/r", []rule.Rule{
		{Where: "hotswap.yaml:3", Change: []string{"drizzle/**"}, Run: "npm run migrate", Once: true},
		{Where: "hotswap.yaml:6", Change: []string{"src/routes/**", "!src/routes/x.*"}, Run: "npm run openapi",
			Outputs: []string{"gen"}},
		{Where: "hotswap.yaml:9", Change: []string{"src/routes/*.sql"}, Run: "npm run sql",
			Outputs: []string{"sql", "!sql/own*"}},
		{Where: "hotswap.yaml:12", Change: []string{"certs/*.pem"}, Signal: syscall.SIGHUP},
		{Where: "hotswap.yaml:15", Change: []string{"**/*.md"}, Nothing: true},
		{Where: "hotswap.yaml:18", Change: []string{"public/*.css"}, Browser: rule.BrowserCSS},
		{Where: "hotswap.yaml:21", Change: []string{"views/*"}, Browser: rule.BrowserReload},
		{Where: "hotswap.yaml:24", Change: []string{"data/*"}, Run: "npm run data", Nothing: true},
	}))(t)
	cfg := changes.Config{Root: "/r", Project: "/r/hotswap.yaml", Command: []string{"npm", "run", "dev"},
		Files: []string{"vars"}, Watch: []string{"notes/*.txt"}, Ignore: []string{"*.gen.ts"}}
	cfg.Steps = changes.NewSteps(all, func(int) changes.Task { return nil })
	cfg.Given = func(option, value string) string { return "--" + option }
	w := testkit.Must(rules.New(rules.Config{
		Root: cfg.Root, Roots: []string{cfg.Root}, Command: cfg.Command, Files: []string{"/r/vars"},
		Packages: []rules.Packages{{Dir: "/r/node_modules", Lists: ".package-lock.json"}},
		Programs: []string{"server.js"}, Include: append(all.Patterns, cfg.Watch...), Except: all.Except,
		Ignore: append(cfg.Ignore, all.Outputs()...),
	}))(t)
	w.SetLoaded(nil, []string{"/else/dep.js"})
	return w, cfg, all
}

// The script why has the other answers.
func TestText(t *testing.T) {
	watched, cfg, all := project(t)
	const ts = `watched because ".ts" files count for: npm run dev`
	for _, tt := range []struct{ file, want string }{
		{"src/a.ts", "a change swaps\n" + ts},
		{"src/routes/a.ts", "a change runs `npm run openapi` (hotswap.yaml:6), then swaps\n" + ts},
		{"src/routes/a.sql",
			"a change runs `npm run openapi` (hotswap.yaml:6), then runs `npm run sql` (hotswap.yaml:9), then swaps\nwatched because \".sql\" files count for: npm run dev"},
		{"src/routes/x.ts", "a change swaps\n" + ts},
		{"src/routes/x.png", `a change does nothing: ".png" files do not count for: npm run dev`},
		{"drizzle/1.sql",
			"a change runs `npm run migrate` if its inputs have another content (hotswap.yaml:3), then swaps\nwatched because \".sql\" files count for: npm run dev"},
		{"src/routes/a.md", "a change does nothing: hotswap.yaml:15 says so"},
		{"views/a",
			"a change reloads pages or style sheets in browsers (hotswap.yaml:21), without a swap\nwatched because \"views/*\" names it (hotswap.yaml:21)"},
		{"data/a",
			"a change runs `npm run data` (hotswap.yaml:24), without a swap\nwatched because \"data/*\" names it (hotswap.yaml:24)"},
		{"sql/own.ts", "a change swaps\n" + ts},
		{"sql/of.ts", "a change does nothing: it is an output of `npm run sql` (hotswap.yaml:9)"},
		{"a.gen.ts", `a change does nothing: "*.gen.ts" names it (--ignore)`},
		{"notes/a.txt", "a change swaps\nwatched because \"notes/*.txt\" names it (--watch)"},
		{"vars", "a change swaps\nwatched because env_file names it (--env-file)"},
		{".env", "a change swaps\nwatched because it is a file that programs read when they start"},
		{"server.js", "a change swaps\nwatched because it is the program's own file"},
		{"package.json", "a change swaps\nwatched because programs read a file of this name when they start"},
		{"node_modules/.package-lock.json",
			"a change swaps\nwatched because an installer writes it when its packages are there"},
		{"../else/dep.js", "a change swaps\nwatched because a process of the program has loaded it, or has missed it"},
		{"hotswap.yaml", "a change does nothing: hotswap reads the file when it starts or is upgraded (SIGUSR2)"},
		{"src/.a.ts.swp", "a change does nothing: it is named like a temporary file of an editor"},
		{"app.log",
			"a change does nothing: it is named like a log, a database or a lock file (--watch overrides that)"},
		{"Makefile", `a change does nothing: "Makefile" files do not count for: npm run dev`},
		{"a.py", `a change does nothing: ".py" files do not count for: npm run dev`},
	} {
		file := filepath.Join("/r", tt.file)
		w := answer{changes.Explanation{Explanation: watch.Explanation{Explanation: watched.Explain(file),
			Reached: true}}, file, cfg, all}.why()
		if got := strings.Join(w.Says, "\n"); got != tt.want {
			t.Errorf("%s: %s\nwant %s", tt.file, got, tt.want)
		}
		if swaps := strings.Contains(tt.want, "swaps\n"); w.Swaps != swaps {
			t.Errorf("%s: swaps %v", tt.file, w.Swaps)
		}
	}
}

// What counts may do nothing at this moment.
func TestWhatIsUnread(t *testing.T) {
	watched, cfg, all := project(t)
	for want, change := range map[string]func(*changes.Explanation){
		"a change does nothing: the program itself has not loaded it (--watch has it count)":                        func(e *changes.Explanation) { e.Unread = true },
		"no change is noticed: the folder is not watched, because a symbolic link leads to it or it cannot be read": func(e *changes.Explanation) { e.Reached = false },
	} {
		e := changes.Explanation{Explanation: watch.Explanation{Explanation: watched.Explain("/r/a.ts"), Reached: true}}
		change(&e)
		if w := (answer{e, "/r/a.ts", cfg, all}).why(); w.Says[0] != want || w.Swaps {
			t.Errorf("%+v\nwant %s", w, want)
		}
	}
}

// Names of many bytes, or with control characters, stay within their lines.
func TestPrintedHostileNames(t *testing.T) {
	file := strings.Repeat("x", 5000) + "\n\x1b[2J.ts"
	var out strings.Builder
	testkit.NoError(t, Print(&out, "/r", "/r/"+file, control.Why{Says: []string{file, file}}))
	if all := out.String(); strings.Count(all, "\n") != 2 || strings.Contains(all, "\x1b") || len(all) > 10_000 {
		t.Errorf("%q", all)
	}
}
