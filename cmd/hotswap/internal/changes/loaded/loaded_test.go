package loaded

import (
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

// tree is a disk: paths, and links "from=to".
type tree struct {
	paths map[string]bool
	links map[string]string
}

func diskOf(words string) tree {
	d := tree{map[string]bool{}, map[string]string{}}
	for _, w := range strings.Fields(words) {
		if from, to, ok := strings.Cut(w, "="); ok {
			d.links[from] = to
		} else {
			d.paths[w] = true
		}
	}
	return d
}

func (d tree) Exists(p string) bool { return d.paths[p] }

func (d tree) Real(p string) string {
	if to, ok := d.links[p]; ok {
		return to
	}
	return p
}

var t0 = time.Unix(1000, 0)

func at(s int) time.Time { return t0.Add(time.Duration(s) * time.Second) }

func TestPlan(t *testing.T) {
	disk := diskOf(`/link=/w/apps/api
		/w/package.json /w/apps/api/package.json /w/apps/api/src/a.ts /w/apps/api/dist/b.js
		/w/packages/lib/package.json /w/packages/lib/src/c.ts /w/tools/d.js /home/me/package.json /home/me/e.js
		/w/node_modules/x/f.js /w/.yarn/cache/g.js`)
	r := Report{Threads: []Thread{
		{Began: at(5), Files: strings.Fields("/w/apps/api/src/a.ts /w/node_modules/x/f.js /w/.yarn/cache/g.js /tmp/gone.mjs")},
		{Began: at(3), Files: strings.Fields("/w/apps/api/src/a.ts /w/apps/api/dist/b.js /w/packages/lib/src/c.ts /w/tools/d.js /home/me/e.js")},
		{Files: []string{"/w/packages/lib/src/c.ts"}},
	}}
	above := r.Plan([]string{"/elsewhere"}, "/w/packages/lib/me", Plan{}, disk)
	if want := strings.Fields("/home/me /w/apps/api"); !reflect.DeepEqual(above.Folders, want) {
		t.Errorf("packages are %q, want %q", above.Folders, want)
	}
	if back := r.Plan([]string{"/w/apps/api"}, "", Plan{Files: strings.Fields("/a /tmp/gone.mjs")}, disk); !slices.Contains(back.Files, "/tmp/gone.mjs") {
		t.Errorf("%q: not what a build is about to put back", back.Files)
	}
	before := Plan{Files: []string{"/w/apps/api/dist/old.js"}, Folders: []string{"/w/packages/old"}}
	busy := Report{Partial: true, Threads: []Thread{{Began: at(3), Files: []string{"/w/packages/lib/src/c.ts"}}}}
	some := busy.Plan([]string{"/w/apps/api"}, "", before, disk)
	if want := (Plan{Files: strings.Fields("/w/apps/api/dist/old.js /w/packages/lib/src/c.ts"), Folders: strings.Fields("/w/packages/lib /w/packages/old"), Since: at(3)}); !reflect.DeepEqual(some, want) {
		t.Errorf("%+v while a thread is busy, want %+v", some, want)
	}
	outside := strings.Fields("/home/me/e.js /w/packages/lib/src/c.ts /w/tools/d.js")
	want := Plan{Folders: []string{"/w/packages/lib"}, Since: at(3)}
	want.Files = slices.Concat(outside[:1], strings.Fields("/w/apps/api/dist/b.js /w/apps/api/src/a.ts"), outside[1:])
	if got := r.Plan([]string{"/w/apps/api"}, "/home/me", Plan{}, disk); !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, want\n%+v", got, want)
	}
}

func TestMissing(t *testing.T) {
	for output, want := range map[string]string{
		"Error: Cannot find module './gen/d'|Require stack:|- /p/src/a.js|- /p/main.js|    at a (/p/src/a.js:1:1)": "/p/src/gen/d.ts",
		"Cannot find module '/p/gen/d.js' imported from /p/a.mjs|Node.js v20":                                      "/p/gen/d.ts",
		"Cannot find module '../d'|Require stack:|- /p/src/a.js":                                                   "/p/d/index.js",
		"Cannot find module './d'": "", "Cannot find module 'zod'|Require stack:|- /p/a.js": "", "Error: fails": "",
	} {
		if got := Missing(strings.Split(output, "|")); want == "" && len(got) > 0 || want != "" && !slices.Contains(got, want) {
			t.Errorf("%s: %q, want %q", output, got, want)
		}
	}
}

func TestNames(t *testing.T) {
	names := Names([]string{"/link"}, diskOf("/link=/w/apps/api"))
	for file, want := range map[string]string{"/w/apps/api/a.ts": "/link/a.ts", "/w/apps/apis/a.ts": "/w/apps/apis/a.ts"} {
		if got := names(file); got != want {
			t.Errorf("%s is called %s, want %s", file, got, want)
		}
	}
}

func TestUnread(t *testing.T) {
	report := Report{Threads: []Thread{{Files: []string{"/r/a.ts", "/r/node_modules/x/y.py"}}}, Read: []string{"/r/text.js"}}
	unsure := report
	unsure.Unsure = "esbuild (process 7) does not say what it reads"
	for name, c := range map[string]struct {
		report Report
		file   string
		want   bool
	}{
		"code":                 {report, "/r/b.ts", true},
		"code of another kind": {report, "/r/web/page.jsx", true},
		"loaded":               {report, "/r/a.ts", false},
		"read as text":         {report, "/r/text.js", false},
		"no code":              {report, "/r/b.json", false},
		"another language":     {report, "/r/b.py", false},
		"not all is known":     {unsure, "/r/b.ts", false},
		"nothing is known":     {Report{}, "/r/b.ts", false},
	} {
		if got := NewIndex(c.report).Unread(c.file); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestUnsure(t *testing.T) {
	npm, app := Process{PID: 1, Name: "node", Starts: true}, Process{PID: 2, Name: "node", Reported: true}
	for name, c := range map[string]struct {
		processes []Process
		want      string
	}{
		"all report":       {[]Process{npm, app}, ""},
		"none":             {nil, "no process is known"},
		"a stranger":       {[]Process{npm, app, {PID: 3, Name: "deno"}}, "deno (process 3) does not say what it reads"},
		"a step before":    {[]Process{{PID: 1, Name: "sh", Starts: true, Waited: true}, app}, "sh (process 1) has run a program that has ended"},
		"a child's output": {[]Process{npm, {PID: 2, Name: "node", Reported: true, Waited: true}}, "node (process 2) has run a program that has ended"},
	} {
		if got := Unsure(c.processes); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

// What hotswap learns besides never has it leave out a change that counted before: a file more
// that was read, or a process that does not say what it reads. Only the language of a file that was read may.
func FuzzUnread(f *testing.F) {
	f.Add(uint8(0), uint8(0), uint8(0), uint8(0), false)
	f.Add(uint8(3), uint8(4), uint8(2), uint8(1), true)
	f.Fuzz(func(t *testing.T, loaded, read, changed, more uint8, unsure bool) {
		names := []string{"/r/a.ts", "/r/b.py", "/r/c.jsx", "/r/d.rb", "/r/e.json", "/r/node_modules/p/f.js", "/r/g.mjs", "/r/h"}
		pick := func(bits uint8) (files []string) {
			for i, name := range names {
				if bits&(1<<i) != 0 {
					files = append(files, name)
				}
			}
			return files
		}
		r, file := Report{Threads: []Thread{{Files: pick(loaded)}}, Read: pick(read)}, names[changed%8]
		before := NewIndex(r).Unread(file)
		if before && slices.Contains(append(pick(loaded), pick(read)...), file) {
			t.Fatalf("%s was read, and is left out", file)
		}
		name := names[more%8]
		if r.Read = append(r.Read, name); unsure {
			r.Unsure = "x"
		}
		learned := languages[filepath.Ext(name)] == languages[filepath.Ext(file)] && name != file
		if NewIndex(r).Unread(file) && (unsure || !before && !learned) {
			t.Errorf("%s is left out by %+v", file, r)
		}
	})
}
