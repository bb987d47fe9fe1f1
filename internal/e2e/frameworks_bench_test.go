//go:build linux

package e2e

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/hotswap-dev/hotswap/internal/load"
)

// framework is a program of testdata/frameworks.
type framework struct {
	run    []string
	source string // the file that a save changes
	text   string // of which version
	files  []txtar.File
}

func readFramework(t testing.TB, name string) framework {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata/frameworks", name+".txtar"))
	if err != nil {
		t.Fatal(err)
	}
	archive := txtar.Parse(b)
	f := framework{files: archive.Files}
	for line := range strings.Lines(string(archive.Comment)) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), ": ")
		switch key {
		case "run":
			f.run = strings.Fields(value)
		case "source":
			f.source = value
		case "text":
			f.text = value
		}
	}
	return f
}

// written is a new folder with the program.
func (f framework) written(t testing.TB) string {
	t.Helper()
	dir := t.TempDir()
	for _, file := range f.files {
		if err := os.WriteFile(filepath.Join(dir, file.Name), file.Data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func (f framework) command(port string) (argv []string) {
	filled := strings.NewReplacer("PORT", port, "BUN", fleetBun())
	for _, arg := range f.run {
		argv = append(argv, filled.Replace(arg))
	}
	return argv
}

// save changes the program in dir to another version.
func (f framework) save(t testing.TB, dir string, version int) {
	t.Helper()
	path := filepath.Join(dir, f.source)
	err := os.WriteFile(path+"~", []byte(strings.ReplaceAll(f.text, "VERSION", strconv.Itoa(version))+"\n"), 0o644)
	if err := errors.Join(err, os.Rename(path+"~", path)); err != nil {
		t.Fatal(err)
	}
}

// needs skips where the interpreter has no such package.
func needs(t testing.TB, argv ...string) {
	t.Helper()
	if out, err := exec.Command(argv[0], argv[1:]...).CombinedOutput(); err != nil {
		if _, test := t.(*testing.T); test && os.Getenv("CI") != "" {
			t.Fatalf("%q: %v: .ci/install has to install what is missing\n%s", argv, err, out)
		}
		t.Skipf("%q: %v\n%s", argv, err, out)
	}
}

// BenchmarkSaveToAnswerOf: from a save until the new version answers, under hotswap
// with a standby and without, in turns, of programs in other languages than Node's.
// HOTSWAP_SAVES is how often each saves.
func BenchmarkSaveToAnswerOf(b *testing.B) {
	for name, test := range map[string][]string{
		"bun":     {fleetBun(), "--version"},
		"flask":   {"/usr/bin/python3", "-c", "import flask"},
		"fastapi": {"/usr/bin/python3", "-c", "import fastapi, uvicorn"},
		"rackup":  {"ruby", "-rrack", "-rpuma", "-e", ""},
	} {
		b.Run(name, func(b *testing.B) {
			needs(b, test...)
			readFramework(b, name).saveToAnswer(b)
		})
	}
}

func (f framework) saveToAnswer(b *testing.B) {
	saves := 20
	if n, err := strconv.Atoi(os.Getenv("HOTSWAP_SAVES")); err == nil {
		saves = n
	}
	hotswap := release(b)
	var watchers []*watcher
	var traffics []*traffic
	for _, how := range []string{"--no-warm=false", "--no-warm"} {
		w := &watcher{name: how, dir: f.written(b), port: freePort(b)}
		h := start(b, options{binary: hotswap, dir: w.dir, args: []string{how}, env: []string{"PORT=" + w.port}, command: f.command(w.port)})
		h.serving(1)
		w.settled = func(version int) {
			if version > 1 {
				h.drained(version - 1)
			}
			if l := h.serving(version); l.Standby != (how == "--no-warm=false" && version > 1) {
				b.Errorf("%s: generation %d began warm: %v", how, version, l.Standby)
			}
			if how == "--no-warm=false" {
				h.waits(version + 1)
			}
		}
		answered(b, w.port, "1")
		w.settled(1)
		single := load.FreshGET(2)
		single.Think = 50 * time.Millisecond
		traffics = append(traffics, begin(b, []load.Kind{single}, load.ExampleChecks(), "127.0.0.1:"+w.port))
		watchers = append(watchers, w)
	}
	b.Logf("load before: %s", loadAverage(b))
	for version := 2; version <= saves+1; version++ {
		for _, w := range watchers {
			begun := time.Now()
			f.save(b, w.dir, version)
			w.took = append(w.took, answered(b, w.port, strconv.Itoa(version)).Sub(begun))
			w.settled(version)
		}
	}
	b.Logf("load after: %s", loadAverage(b))
	for _, tr := range traffics {
		tr.end()
	}
	b.ReportMetric(0, "ns/op")
	for _, w := range watchers {
		b.Logf("%-10s %v", w.name, w.took)
		b.ReportMetric(float64(median(w.took).Microseconds())/1000, fmt.Sprintf("ms/%s", strings.TrimLeft(w.name, "-")))
	}
	b.ReportMetric(float64(median(watchers[0].took))/float64(median(watchers[1].took)), "warm-of-cold")
}
