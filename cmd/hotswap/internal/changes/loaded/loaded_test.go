package loaded

import (
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
	outside := strings.Fields("/home/me/e.js /w/packages/lib/src/c.ts /w/tools/d.js")
	for root, own := range map[string]string{"/w/apps/api": "/w/apps/api/dist/b.js /w/apps/api/src/a.ts", "/link": "/link/dist/b.js /link/src/a.ts"} {
		want := Plan{Folders: []string{"/w/packages/lib"}, Since: at(3)}
		if root == "/link" {
			want.Files = append([]string{outside[0]}, append(strings.Fields(own), outside[1:]...)...)
		} else {
			want.Files = append([]string{outside[0]}, append(strings.Fields(own), outside[1:]...)...)
		}
		if got := r.Plan([]string{root}, "/home/me", Plan{}, disk); !reflect.DeepEqual(got, want) {
			t.Errorf("from %s:\n%+v, want\n%+v", root, got, want)
		}
		if got := r.Named([]string{root}, disk).Threads[1].Files[1]; got != root+"/dist/b.js" {
			t.Errorf("from %s it is called %s", root, got)
		}
	}
}

func TestSift(t *testing.T) {
	dist := func(s int) Change { return Change{File: "/r/dist/a.js", At: at(s), Loaded: true} }
	report := Report{Gen: 2, Exact: true, Threads: []Thread{{Began: at(10), Files: []string{"/r/dist/a.js"}}, {Began: at(20), Files: []string{"/r/dist/a.js"}}}}
	for _, c := range []struct {
		name   string
		life   Life
		change Change
		want   string
	}{
		{"a source", Life{Newest: 3}, Change{File: "/r/a.ts"}, "now"},
		{"in the midst of a boot", Life{Newest: 3}, dist(30), "kept"},
		{"not told yet", Life{Newest: 3, Phase: Serving}, dist(30), "kept"},
		{"a boot that failed", Life{Newest: 3, Phase: Failed}, dist(30), "now"},
		{"before it was loaded", Life{Newest: 2, Phase: Serving}, dist(9), "own"},
		{"between two threads", Life{Newest: 2, Phase: Serving}, dist(15), "now"},
		{"after it was loaded", Life{Newest: 2, Phase: Serving}, dist(30), "now"},
		{"nobody has loaded it", Life{Newest: 2, Phase: Serving}, Change{File: "/r/dist/b.js", At: at(30), Loaded: true}, "own"},
		{"gone", Life{Newest: 2, Phase: Serving}, Change{File: "/r/dist/a.js", Gone: true, Loaded: true}, "own"},
	} {
		var b Index
		b.Set(report)
		now, kept, own := b.Classify(c.life, []Change{c.change})
		got := map[string]int{"now": len(now), "kept": len(kept), "own": len(own)}
		if got[c.want] != 1 || len(now)+len(kept)+len(own) != 1 {
			t.Errorf("%s: %v, want %s", c.name, got, c.want)
		}
	}
	var b Index
	b.Set(Report{Gen: 2}) // without an adapter nothing is known
	if now, _, _ := b.Classify(Life{Newest: 2, Phase: Serving}, []Change{dist(1)}); len(now) != 1 {
		t.Error("a program that tells nothing is not swapped")
	}
}

func TestUnloaded(t *testing.T) {
	report := Report{Gen: 2, Exact: true, Threads: []Thread{{Files: []string{"/r/a.ts"}}}}
	healthy := Life{Newest: 2, Phase: Serving, Healthy: 2}
	for _, c := range []struct {
		name   string
		report Report
		life   Life
		file   string
		want   bool
	}{
		{"code", report, healthy, "/r/b.ts", true},
		{"loaded", report, healthy, "/r/a.ts", false},
		{"no code", report, healthy, "/r/b.json", false},
		{"after a failed boot", report, Life{Newest: 3, Phase: Failed}, "/r/b.ts", false},
		{"another serves", report, Life{Newest: 3, Phase: Serving, Healthy: 3}, "/r/b.ts", false},
		{"not all is known", Report{Gen: 2, Threads: report.Threads}, healthy, "/r/b.ts", false},
		{"nothing is known", Report{Gen: 2, Exact: true}, healthy, "/r/b.ts", false},
	} {
		var b Index
		b.Set(c.report)
		if got := b.Unloaded(c.life, Change{File: c.file}); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}
