package changes

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/rule"
)

// However soon after the project's file another file is saved: the one watcher or the next
// reports it, and once. Files that only a new rule names are watched from then on.
func TestNoSaveFallsBetweenTwoWatchers(t *testing.T) {
	const all = 30
	files := []string{"hotswap.yaml", "data.odd"}
	for i := range all {
		files = append(files, fmt.Sprintf("%d.js", i))
	}
	x := newSite(t, files...)
	x.cfg.Project = x.dir + "/hotswap.yaml"
	read := make(chan struct{}, all+1)
	x.cfg.Reread = func() *Reread {
		next := x.cfg
		next.Steps = x.steps(rule.Rule{Change: []string{"*.odd"}, Run: "true"})
		return &Reread{Config: next, Apply: func() { read <- struct{}{} }, Refuse: func(err error) { t.Error(err) }}
	}
	x.run()
	seen := map[string]int{}
	await := func(name string) {
		t.Helper()
		late := time.After(20 * time.Second)
		for seen[name] == 0 {
			select {
			case files := <-x.files:
				for _, f := range files {
					seen[f]++
				}
			case <-late:
				t.Fatalf("%s is missed; seen are %v", name, seen)
			}
		}
	}
	for i := range all {
		x.save("hotswap.yaml", fmt.Sprint("file ", i))
		name := fmt.Sprintf("%d.js", i)
		time.Sleep(time.Duration(rand.Int64N(int64(80 * time.Millisecond))))
		x.save(name, fmt.Sprint(i+1))
		await(name)
	}
	<-read
	x.save("data.odd", "1")
	await("data.odd")
	if seen["hotswap.yaml"] > 0 {
		t.Error("the project's file counts as one of the program")
	}
	for name, n := range seen {
		if n > 1 {
			t.Errorf("%s is reported %d times", name, n)
		}
	}
}

// The project's file is saved again right after it was read: it is read again.
func TestAProjectFileIsSavedWhileItIsRead(t *testing.T) {
	x := newSite(t, "hotswap.yaml")
	x.cfg.Project = x.dir + "/hotswap.yaml"
	read := make(chan string, 10)
	x.cfg.Reread = func() *Reread {
		text, err := os.ReadFile(x.cfg.Project)
		if err != nil {
			t.Error(err)
		}
		if string(text) == "second" {
			x.save("hotswap.yaml", "third")
		}
		return &Reread{Config: x.cfg, Apply: func() { read <- string(text) }, Refuse: func(err error) { t.Error(err) }}
	}
	x.run()
	x.save("hotswap.yaml", "second")
	for _, want := range []string{"second", "third"} {
		if got := <-read; got != want {
			t.Fatalf("%q was read in the place of %q", got, want)
		}
	}
}

// The project's file and another are saved together: one start is for both.
func TestOneStartForTheProjectFileAndAnother(t *testing.T) {
	x := newSite(t, "hotswap.yaml", "a.js")
	x.cfg.Project, x.cfg.Quiet, x.cfg.MaxWait = x.dir+"/hotswap.yaml", 300*time.Millisecond, 10*time.Second
	x.cfg.Reread = func() *Reread {
		return &Reread{Config: x.cfg, Swap: true, Apply: func() {}, Refuse: func(err error) { t.Error(err) }}
	}
	x.run()
	x.save("hotswap.yaml", "second")
	x.save("a.js", "second")
	if files := <-x.files; !slices.Equal(files, []string{"hotswap.yaml", "a.js"}) {
		t.Errorf("a start for %v", files)
	}
}
