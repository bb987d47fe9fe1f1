//go:build linux

package e2e

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

const npmPackage = "clients/node"

// The package works in Bun, which ends when the program has nothing left to do.
func TestPackageInBun(t *testing.T) {
	t.Parallel()
	fleet := filepath.Join(root, "examples/fleet")
	install(t, fleet)
	program := fmt.Sprintf("%s/node_modules/.bin/bun '%s/internal/e2e/testdata/state/runtime.mjs' '%s/%s/index.mjs'", fleet, root, root, npmPackage)
	if out, err := exec.Command("sh", "-c", program).CombinedOutput(); err != nil {
		t.Errorf("in memory: %v\n%s", err, out)
	}
	dir := t.TempDir()
	script := fmt.Sprintf("%s >'%s/output~' 2>&1; mv '%s/output~' '%s/output'; exec sleep 1000", program, dir, dir, dir)
	start(t, options{dir: t.TempDir(), command: []string{"sh", "-c", script}})
	if out := awaitFile(t, filepath.Join(dir, "output")); out != "all is well\n" {
		t.Error(out)
	}
}

// A Node server hears of its place, and has a lease, through two swaps and a rollback.
func TestPackageKnowsItsPlace(t *testing.T) {
	t.Parallel()
	port := freePort(t)
	program, text := withPackage(t, "place.mjs")
	h := start(t, options{dir: filepath.Dir(program), env: []string{"PORT=" + port}, args: []string{"--probation", "1h"}, command: []string{"node", "place.mjs"}})
	p := &placeNotes{t: t, h: h, url: "http://127.0.0.1:" + port}

	h.Serving(1)
	p.await(1, "serves", "begins the job")
	write(t, program, text+"// 2\n")
	h.Serving(2)
	p.await(1, "drains", "ends the job")
	p.await(2, "serves", "begins the job")

	if out, err := exec.Command(binary, "rollback", "--pid", strconv.Itoa(h.Cmd.Process.Pid)).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	p.await(2, "drains", "ends the job", "has drained")
	p.await(1, "serves on", "serves", "begins the job")
	h.Drained(2)

	write(t, program, text+"// 3\n")
	h.Serving(3)
	p.await(3, "serves", "begins the job")
	p.await(1, "drains", "ends the job")
	write(t, program, text+"// 4\n") // which ends the probation of generation 3
	h.Serving(4)
	p.await(4, "serves", "begins the job")
	h.Drained(1)
	p.await(1, "has drained") // though it took 300 ms more

	notes := p.read()
	running := 0
	for _, n := range notes.Notes {
		switch {
		case strings.HasSuffix(n, "begins the job"):
			running++
		case strings.HasSuffix(n, "ends the job"):
			running--
		}
		if running < 0 || running > 1 {
			t.Fatalf("the job runs %d times: %q", running, notes.Notes)
		}
	}
	if notes.Made != 1 {
		t.Errorf("%+v", notes)
	}
}

// withPackage copies a program of testdata/state into a folder that has the package.
func withPackage(t *testing.T, name string) (program, text string) {
	t.Helper()
	dir := t.TempDir()
	b, err := os.ReadFile(filepath.Join(root, "internal/e2e/testdata/state", name))
	if err != nil {
		t.Fatal(err)
	}
	program = filepath.Join(dir, name)
	write(t, program, string(b))
	if err := os.Mkdir(filepath.Join(dir, "node_modules"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join(root, npmPackage), filepath.Join(dir, "node_modules/hotswap")); err != nil {
		t.Fatal(err)
	}
	return program, string(b)
}

// hotswap replaces itself twice while a program counts: no call fails, every increment is there
// once, the lease goes to the next generation, and what that watches it sees.
func TestPackageThroughUpgrade(t *testing.T) {
	t.Parallel()
	port := freePort(t)
	program, _ := withPackage(t, "upgrade.mjs")
	h := start(t, options{dir: filepath.Dir(program), env: []string{"PORT=" + port}, args: []string{"--probation", brief}, command: []string{"node", "upgrade.mjs"}})
	h.Serving(1)
	type answer struct {
		Count, Counted, Seen, Holder, Generation int
		All                                      []struct {
			Counted int
			Wrong   []string
		}
		Wrong []string
	}
	ask := func(path string) (a answer) {
		t.Helper()
		if text := get("http://127.0.0.1:" + port + path); json.Unmarshal([]byte(text), &a) != nil {
			t.Fatal(text)
		}
		return a
	}
	until := func(what string, is func(a answer) bool) {
		t.Helper()
		testkit.Eventually(t, func() error {
			if a := ask("/"); !is(a) {
				return fmt.Errorf("not %s: %+v", what, a)
			}
			return nil
		})
	}
	for upgrade := range 3 {
		until("served, counted and held by the newest", func(a answer) bool {
			return len(a.All) == upgrade && a.Generation == a.Holder && a.Counted > 100 && a.Seen > a.Counted/2
		})
		if upgrade < 2 {
			h.upgradeSelf(upgrade + 1)
		}
	}
	a := ask("/end")
	sum := 0
	for _, g := range a.All {
		sum += g.Counted
		if len(g.Wrong) > 0 {
			t.Errorf("%q", g.Wrong)
		}
	}
	if sum != a.Count || len(a.All) != 3 {
		t.Errorf("the sum is %d: %+v", sum, a)
	}
}

// A process that works under a lease when its generation drains ends by itself, as its
// handler of SIGTERM has it, though it would take the lease again.
func TestPackageEndsAfterALongJob(t *testing.T) {
	t.Parallel()
	program, text := withPackage(t, "graceful.mjs")
	h := start(t, options{dir: filepath.Dir(program), env: []string{"PORT=" + freePort(t)}, args: []string{"--probation", "0"}, command: []string{"node", "graceful.mjs"}})
	h.Serving(1)
	for v := 2; v <= 3; v++ {
		write(t, program, fmt.Sprintf("%s// %d\n", text, v))
		h.Serving(v)
		if l := h.Drained(v - 1); l.Killed {
			t.Errorf("process %d was killed", v-1)
		}
	}
}

// placeNotes reads what the generations of testdata/state/place.mjs have noted.
type placeNotes struct {
	t    *testing.T
	h    *hotswap
	url  string
	seen map[string]int // note → how many were awaited
}

type noted struct {
	Made, Generation int
	Notes            []string
}

func (p *placeNotes) read() (n noted) {
	p.t.Helper()
	if text := get(p.url); json.Unmarshal([]byte(text), &n) != nil {
		p.t.Fatal(text)
	}
	return n
}

// await waits until the generation has noted each of these once more.
func (p *placeNotes) await(gen int, what ...string) {
	p.t.Helper()
	if p.seen == nil {
		p.seen = map[string]int{}
	}
	for _, w := range what {
		note := fmt.Sprintf("%d %s", gen, w)
		p.seen[note]++
		testkit.Eventually(p.t, func() error {
			all := p.read().Notes
			if n := len(slices.DeleteFunc(slices.Clone(all), func(other string) bool { return other != note })); n != p.seen[note] {
				return fmt.Errorf("%q %d times: %q", note, n, all)
			}
			return nil
		})
	}
}

// The types are right for a program, by two compilers.
func TestPackageTypes(t *testing.T) {
	t.Parallel()
	for _, folder := range []string{"internal/e2e/testdata/tools", "examples/hono-cdc"} {
		install(t, filepath.Join(root, folder))
		tsc := filepath.Join(root, folder, "node_modules/.bin/tsc")
		cmd := exec.Command(tsc, "-p", filepath.Join(root, npmPackage, "test/types"))
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", folder, err, out)
		}
	}
}
