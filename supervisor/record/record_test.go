package record

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/flock"
	"github.com/hotswap-dev/hotswap/internal/testkit"
	"github.com/hotswap-dev/hotswap/supervisor/proc"
)

func mine(run string) Record {
	self, _ := proc.Identify(os.Getpid())
	return Record{Run: run, Identity: self, Dir: "/work", Command: []string{"npm", "run", "dev"},
		Generations: []proc.Identity{self}}
}

func TestWriteReadRemove(t *testing.T) {
	d := Dir(t.TempDir())
	r := mine("0123456789abcdef")
	testkit.NoError(t, d.Write(r))
	all := d.All()
	if len(all) != 1 || !all[0].Alive() || !all[0].SameNamespace() {
		t.Fatalf("%+v", all)
	}
	r.Boot, r.Namespace = all[0].Boot, all[0].Namespace
	if !reflect.DeepEqual(all[0], r) {
		t.Errorf("%+v, want %+v", all[0], r)
	}
	d.RemoveAll(r.Run)
	if entries, _ := os.ReadDir(string(d)); len(entries) != 0 {
		t.Errorf("left: %v", entries)
	}
}

func TestAlive(t *testing.T) {
	self, _ := proc.Identify(os.Getpid())
	reused := self
	reused.Start++
	for name, c := range map[string]struct {
		r    Record
		want bool
	}{
		"this process":                     {Record{Identity: self, Boot: boot()}, true},
		"one that had our number":          {Record{Identity: reused, Boot: boot()}, false},
		"its parent lives":                 {Record{Identity: reused, Parent: &self, Boot: boot()}, true},
		"its parent's number is another's": {Record{Identity: reused, Parent: &reused, Boot: boot()}, false},
		"before the machine started again": {Record{Identity: self, Boot: "another"}, false},
	} {
		if strings.Contains(name, "number") && self.Start == 0 {
			continue // start times are not to be had here
		}
		if got := c.r.Alive(); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// The processes of a run that was renewed may be older than the hotswap that wrote the
// record.
func TestSince(t *testing.T) {
	r := Record{Identity: proc.Identity{PID: 7, Start: 20}}
	if got := r.Since(); got != 20 {
		t.Errorf("%d", got)
	}
	r.Parent = &proc.Identity{PID: 6, Start: 10}
	if got := r.Since(); got != 10 {
		t.Errorf("renewed: %d", got)
	}
}

// A directory that others can enter or replace is none to kill by.
func TestHome(t *testing.T) {
	runtime := t.TempDir()
	testkit.NoError(t, os.Chmod(runtime, 0o700))
	t.Setenv("XDG_RUNTIME_DIR", runtime)
	want := filepath.Join(runtime, "hotswap")
	got, err := Home()
	if err != nil || string(got) != want {
		t.Fatalf("%q %v", got, err)
	}
	if info, err := os.Stat(want); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("%v %v", info.Mode(), err)
	}
	if homes := Homes(); len(homes) == 0 || homes[0] != got {
		t.Errorf("%q", homes)
	}
	if _, err := flock.Folder(want); !errors.Is(err, flock.ErrLocked) {
		t.Errorf("systemd-tmpfiles would clean it up: %v", err)
	}
	testkit.NoError(t, os.Chmod(want, 0o755))
	if got, _ := Home(); string(got) == want {
		t.Errorf("others may enter %q", got)
	}
	testkit.NoError(t, os.Remove(want))
	testkit.NoError(t, os.Symlink(t.TempDir(), want))
	if got, _ := Home(); string(got) == want {
		t.Errorf("a link that anybody may have made: %q", got)
	}
}

// Folders share a bounded number of locks.
func TestLocksAreBounded(t *testing.T) {
	d, locks := Dir(t.TempDir()), map[string]bool{}
	for k := range 100_000 {
		locks[d.Lock(strconv.Itoa(k))] = true
	}
	if len(locks) != 4096 {
		t.Errorf("%d locks", len(locks))
	}
}

func FuzzParse(f *testing.F) {
	f.Add(
		[]byte(
			`{"run":"0123456789abcdef","pid":7,"start":9,"boot":"x","parent":{"pid":6,"start":1},"generations":[{"id":1,"pid":8,"start":2}]}`))
	f.Add([]byte(`{"run":"0123456789abcdef","pid":-1,"boot":"x"}`))
	f.Add([]byte(`{"run":"0123456789abcdef","pid":7,"boot":"x","keepers":[{"pid":-1}]}`))
	f.Add([]byte(`{"run":"../../x","pid":1,"boot":"x"}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := parse("0123456789abcdef", b)
		if err != nil {
			return
		}
		if !name().MatchString(r.Run) || r.PID <= 0 || r.Parent != nil && r.Parent.PID <= 0 {
			t.Errorf("%+v", r)
		}
		for _, id := range slices.Concat(r.Generations, r.Keepers) {
			if id.PID <= 0 {
				t.Errorf("%+v", id)
			}
		}
	})
}
