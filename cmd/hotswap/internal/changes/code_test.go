package changes

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/handoff/runtime/standby"
	"github.com/hotswap-dev/hotswap/internal/testkit"
	"github.com/hotswap-dev/hotswap/watch"
)

func TestFollows(t *testing.T) {
	dir := testkit.Must(filepath.EvalSymlinks(t.TempDir()))(t)
	in := func(words string) (paths []string) {
		for word := range strings.FieldsSeq(words) {
			paths = append(paths, dir+word)
		}
		return paths
	}
	said := func(l watch.Loaded) string {
		return strings.ReplaceAll(strings.Join(l.Files, " ")+" in "+strings.Join(l.Folders, " "), dir, "")
	}
	for _, file := range in(`/w/package.json /w/apps/api/package.json /w/apps/api/src/a.ts /w/apps/api/dist/b.js /w/packages/lib/package.json
		/w/packages/lib/src/c.ts /w/tools/d.js /home/me/package.json /home/me/e.js /w/node_modules/x/f.js /w/node_modules/.x/i.js /w/node_modules/x/package.json /w/.yarn/cache/g.js`) {
		testkit.NoError(t, errors.Join(os.MkdirAll(filepath.Dir(file), 0o700),
			os.WriteFile(file, []byte(`{"name": "x"}`), 0o600)))
	}
	c := code{since: time.Unix(1000, 0),
		loaded: in(`/w/apps/api/src/a.ts /w/node_modules/x/f.js /w/node_modules/.x/i.js /w/.yarn/cache/g.js /tmp/gone.mjs /w/apps/api/src/a.ts
		/w/apps/api/dist/b.js /w/packages/lib/src/c.ts /w/tools/d.js /home/me/e.js /w/packages/lib/src/c.ts`)}
	const within = "/w/apps/api/dist/b.js /w/apps/api/src/a.ts "
	const all = "/home/me/e.js " + within + "/w/node_modules/.x/i.js /w/packages/lib/src/c.ts /w/tools/d.js in "
	for what, tt := range map[string]struct {
		root, home string
		before     string // a file
		want       string
	}{
		"packages above": {"/elsewhere", "/w/packages/lib/me", "", all + "/home/me /w/apps/api"},
		"a project":      {"/w/apps/api", "/home/me", "", all + "/w/packages/lib"},
		"a build is about to put it back": {"/w/apps/api", "/home/me", "/tmp/gone.mjs",
			strings.Replace(all, within, "/tmp/gone.mjs "+within, 1) + "/w/packages/lib"},
	} {
		got := c.follows(in(tt.root), dir+tt.home, watch.Loaded{Files: in(tt.before)})
		if said(got) != tt.want || !got.Since.Equal(c.since) {
			t.Errorf("%s: %q, want %q", what, said(got), tt.want)
		}
	}
	busy := code{partial: true, loaded: in("/w/packages/lib/src/c.ts")}
	some := busy.follows(in("/w/apps/api"), "", watch.Loaded{Files: in("/w/apps/api/dist/old.js"),
		Folders: in("/w/packages/old")})
	if want := "/w/apps/api/dist/old.js /w/packages/lib/src/c.ts in /w/packages/lib /w/packages/old"; said(some) != want {
		t.Errorf("%q while a thread is busy, want %q", said(some), want)
	}
}

func TestMissing(t *testing.T) {
	for output, want := range map[string]string{
		"Error: Cannot find module './gen/d'|Require stack:|- /p/src/a.js|- /p/main.js|    at a (/p/src/a.js:1:1)": "/p/src/gen/d.ts",
		"Cannot find module '/p/gen/d.js' imported from /p/a.mjs|Node.js v20":                                      "/p/gen/d.ts",
		"Cannot find module '../d'|Require stack:|- /p/src/a.js":                                                   "/p/d/index.js",
		"Cannot find module './d'": "", "Cannot find module 'zod'|Require stack:|- /p/a.js": "", "Error: fails": "",
	} {
		if got := missing(strings.Split(output, "|"), watch.Namer(nil)); want == "" && len(got) > 0 ||
			want != "" && !slices.Contains(got, want) {
			t.Errorf("%s: %q, want %q", output, got, want)
		}
	}
}

func TestNames(t *testing.T) {
	dir := testkit.Must(filepath.EvalSymlinks(t.TempDir()))(t)
	testkit.NoError(t, errors.Join(os.MkdirAll(dir+"/w/apps/api", 0o700), os.Symlink("w/apps/api", dir+"/link")))
	name := watch.Namer([]string{dir + "/link"})
	for file, want := range map[string]string{"/w/apps/api/a.ts": "/link/a.ts",
		"/w/apps/apis/a.ts": "/w/apps/apis/a.ts"} {
		if got := name(dir + file); got != dir+want {
			t.Errorf("%s is called %s, want %s", file, got, want)
		}
	}
}

func TestUnread(t *testing.T) {
	report := code{loaded: []string{"/r/a.ts", "/r/node_modules/x/y.py"}, read: []string{"/r/text.js", "/r/text.py"}}
	python, both, unsure := code{python: []string{"/r/a.py", "/r/page.js"}}, report, report
	both.python = python.python
	unsure.unsure = "esbuild (process 7) does not say what it reads"
	for name, c := range map[string]struct {
		report code
		file   string
		want   bool
	}{
		"code":             {report, "/r/web/page.jsx", true},
		"loaded":           {report, "/r/a.ts", false},
		"read as text":     {report, "/r/text.js", false},
		"no code":          {report, "/r/b.json", false},
		"another language": {report, "/r/b.py", false},
		"text to Node":     {both, "/r/text.py", false},
		"text to Python":   {both, "/r/page.js", false},
		"neither's":        {both, "/r/b.py", true},
		"no Node":          {python, "/r/b.js", false},
		"not all is known": {unsure, "/r/b.ts", false},
		"nothing is known": {code{}, "/r/b.ts", false},
	} {
		if got := newIndex(c.report).unread(c.file); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestUnsure(t *testing.T) {
	for name, c := range map[string]struct {
		process process
		want    string
	}{
		"npm":           {process{Process: standby.Process{PID: 1, Exe: "node"}, starts: true}, ""},
		"the app":       {process{Process: standby.Process{PID: 2, Exe: "node"}, reported: true}, ""},
		"a stranger":    {process{Process: standby.Process{PID: 3, Exe: "deno"}}, "deno (process 3) does not say what it reads"},
		"a step before": {process{Process: standby.Process{PID: 1, Exe: "sh"}, starts: true, waited: true}, "sh (process 1) has run a program that has ended"},
		"a child's output": {process{Process: standby.Process{PID: 2, Exe: "node"}, reported: true, waited: true},
			"node (process 2) has run a program that has ended"},
	} {
		if got := c.process.unsure(); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}
