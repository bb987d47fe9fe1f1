package run

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/internal/wait"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// What compilers write when they have succeeded and failed, as their versions of 2025 and 2026 do.
func TestWhatCompilersSay(t *testing.T) {
	for name, c := range map[string]struct{ output, want string }{
		"tsc": {`10:00:00 AM - Starting compilation in watch mode...
10:00:01 AM - Found 0 errors. Watching for file changes.
10:00:02 AM - File change detected. Starting incremental compilation...
src/a.ts(1,7): error TS2322: Type 'string' is not assignable to type 'number'.
10:00:03 AM - Found 1 error. Watching for file changes.
10:00:04 AM - Found 12 errors. Watching for file changes.
10:00:05 AM - Found 0 errors. Watching for file changes.`, "ok no no ok"},
		"below concurrently": {"[0] 10:00:01 AM - Found 2 errors. Watching for file changes.\n[1] ok\n[0] 10:00:01 AM - Found 0 errors. Watching for file changes.", "no ok"},
		"tsup": {`CLI Building entry: src/index.ts
ESM Build start
✘ [ERROR] Expected ";" but found "x"
ESM Build failed
Error: Build failed with 1 error:
ESM Build start
ESM dist/index.js 100 B
ESM ⚡️ Build success in 8ms
DTS Build start
DTS Build error
DTS ⚡️ Build success in 421ms`, "no ok no ok"},
		"tsdown": {`✔ Rebuilt in 14ms.
ℹ Found /a/src/index.ts changed, rebuilding...
 ERROR  Error: Build failed with 1 error:
✔ Rebuilt in 33ms.`, "ok no ok"},
		"swc": {`Successfully compiled: 3 files with swc (52.31ms)
Failed to compile 1 file with swc.
Successfully compiled src/a.ts with swc (5.31ms)

  x Expected ';', '}' or <eof>
   ,-[src/a.ts:1:1]

Caused by:
    Syntax Error
Successfully compiled: 1 file, copied 2 files with swc (9ms)`, "ok no ok no ok"},
		"vite": {`watching for file changes...
build started...
built in 27ms.
build started...
x Build failed in 12ms
build started...
built in 1.27s.
build started...
Build failed with 1 error:

[builtin:vite-transform] Unexpected token
built in 67ms.`, "ok no ok no ok"},
		"webpack": {`webpack 5.97.1 compiled successfully in 812 ms
webpack 5.97.1 compiled with 1 error in 31 ms
webpack 5.97.1 compiled with 2 warnings in 31 ms`, "ok no ok"},
		"esbuild": {`[watch] build finished, watching for changes...
[watch] build started (change: "src/a.ts")
✘ [ERROR] Expected ";" but found "x"
    src/a.ts:1:8:
1 error
[watch] build finished
[watch] build started (change: "src/a.ts")
[watch] build finished`, "ok no ok"},
		"a server": {"listening on 4000\nGET /build failed\nFound 3 errors.\nwebpack compiled with 1 error", ""},
	} {
		if got := said(&Compiler{}, c.output); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
	own := &Compiler{Beside: report.Beside{Ready: regexp.MustCompile(`^done$`), Failed: regexp.MustCompile(`^no: \w+`)}}
	if got := said(own, "Found 1 error. Watching for file changes.\ndone\nno: way out\ndone"); got != "ok no ok" {
		t.Error(got)
	}
}

// said returns what was heard of each run.
func said(c *Compiler, output string) string {
	var out []string
	for line := range strings.Lines(output) {
		switch failure, ended := c.Hear(strings.TrimSuffix(line, "\n"), time.Now()); {
		case failure != nil:
			out = append(out, "no")
		case ended:
			out = append(out, "ok")
		}
	}
	return strings.Join(out, " ")
}

// Of a run that writes much the last lines are kept.
func TestWhatIsKeptOfACompiler(t *testing.T) {
	c := &Compiler{}
	for i := range 1000 {
		c.Hear(fmt.Sprint("line ", i), time.Now())
	}
	if lines, _ := c.Hear("Found 3 errors. Watching", time.Now()); len(lines) != mostHeard || lines[0] != "line 961" ||
		cap(lines) > 4*mostHeard {
		t.Errorf("%d of %d, the first %q", len(lines), cap(lines), lines[0])
	}
	if len(c.lines) > 0 {
		t.Error(c.lines)
	}
}

// A line that never comes, as the user has mistyped it, holds up the first start, and no save after that.
func TestALineThatNeverComes(t *testing.T) {
	for _, service := range []bool{true, false} {
		c := Compiler{Beside: report.Beside{Service: service, Ready: regexp.MustCompile("^no such line")}}
		began := time.Now()
		if later := began.Add(wait.Command); !c.MustWait(began, began) || !c.MustWait(began, later.Add(-1)) ||
			c.MustWait(began, later) {
			t.Errorf("service %t: at first %t, later %t", service, c.MustWait(began, began), c.MustWait(began, later))
		}
		c.Hear("[7:58:10 AM] Starting compilation in watch mode...", began)
		c.Hear("[7:59:50 AM] Found 0 errors. Watching for file changes.", began)
		if c.MustWait(began, began.Add(wait.Command)) {
			t.Errorf("service %t: a run that has ended holds files without the line", service)
		}
	}
}

// What a compiler has written waits until it says how its run has ended; of one that does not say when a run begins,
// not for long.
func TestWhatWasWrittenWaitsForTheEndOfTheRun(t *testing.T) {
	const begins, done = "File change detected. Starting incremental compilation...",
		"Found 0 errors. Watching for file changes."
	at := time.Unix(1, 0)
	var c Compiler
	hear := func(line string, after time.Duration) { c.Hear(line, at.Add(after)) }
	holds := func(want bool, written, after time.Duration) {
		t.Helper()
		if c.MustWait(at.Add(written), at.Add(after)) != want {
			t.Errorf("%s after %s: holds %v", after, written, !want)
		}
	}
	holds(false, 0, 0) // a program that has said nothing is no compiler
	hear(done, 0)
	holds(true, time.Second, time.Second)
	holds(false, time.Second, time.Second+wait.Reply) // nobody says anything: a person has written it
	holds(false, time.Hour, time.Second)              // by another clock
	hear(begins, 2*time.Second)
	holds(true, time.Second, time.Hour)
	c.Restarts() // and nobody will say how the run has ended
	holds(false, time.Second, time.Hour)
}

// The first run of a large project takes longer than a minute, and nothing that it has written until then is complete.
func TestARunThatHasBegunHolds(t *testing.T) {
	for _, begins := range []string{"[7:58:10 AM] Starting compilation in watch mode...", "CJS Build start",
		"[watch] build started (change: a.ts)", "build started..."} {
		c := Compiler{Beside: report.Beside{Ready: regexp.MustCompile("Found 0 errors")}}
		began := time.Now()
		c.Hear(begins, began)
		if !c.MustWait(began, began) || !c.MustWait(began, began.Add(time.Hour)) {
			t.Errorf("after %q a run must hold what it writes", begins)
		}
		c.Hear("[7:59:50 AM] Found 0 errors. Watching for file changes.", began.Add(time.Hour))
		if c.MustWait(began, began.Add(time.Hour)) {
			t.Errorf("after %q the end of the run holds what it wrote", begins)
		}
	}
}
