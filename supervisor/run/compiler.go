package run

import (
	"cmp"
	"slices"
	"sync"
	"time"

	"github.com/hotswap-dev/hotswap/internal/lazy"
	"github.com/hotswap-dev/hotswap/internal/wait"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// What compilers that watch write at the end of a run: tsc and nest, tsup, tsdown, swc, Vite, webpack below nest,
// esbuild.
var (
	compiled = lazy.Pattern(
		`Found 0 errors\. Watching|\b(ESM|CJS|IIFE|DTS)\b.* Build success|Successfully compiled\b.* with swc` +
			`|\b(Reb|b)uilt in [\d.]+ ?m?s\b|\bwebpack [\d.]+ compiled (successfully|with \d+ warning)|` + esbuilt)
	broken = lazy.Pattern(
		`Found [1-9]\d* errors?\. Watching|\b(ESM|CJS|IIFE|DTS)\b.* Build (failed|error)|Failed to compile \d+ files?\b.* with swc|^\s*Syntax Error$` +
			`|\bBuild failed in \d|(^|\] |\bERROR +Error: )Build failed with \d|\bwebpack [\d.]+ compiled with \d+ error`)
	// brokenBefore is a line of esbuild, which ends a run that has failed as it ends any other.
	brokenBefore = lazy.Pattern(`\[ERROR\] `)
	builtAnyway  = lazy.Pattern(esbuilt)
	// starts is what tsc and nest, tsup, tsdown, esbuild and Vite write when a run begins.
	starts = lazy.Pattern(
		`\bStarting (incremental )?compilation\b|\b(ESM|CJS|IIFE|DTS)\b.* Build start|\[watch\] build started|\bchanged, rebuilding\.\.\.$|^build started\.\.\.`)
)

const esbuilt = `\[watch\] build finished`

// mostHeard is how many lines of a compiler's run are kept.
const mostHeard = 40

// Compiler is what a program beside has said of its runs, if it is a compiler. Any goroutine may call its methods.
type Compiler struct {
	report.Beside

	mu     sync.Mutex // guards what follows
	said   time.Time  // when it said last how a run has ended; zero: never
	asked  time.Time  // when others asked first whether they can use what it makes
	lines  []string   // since then
	broken bool       // that one has failed
	begun  bool       // it has said that a run begins, and not how that run has ended
}

// Hear takes a line. ended: the program says by it that its run has ended; failure are the last lines of one that has
// failed.
func (c *Compiler) Hear(line string, now time.Time) (failure []string, ended bool) {
	if line == "" {
		return nil, false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.Service {
		if c.Ready.MatchString(line) {
			c.said = now
		}
		return nil, false
	}
	c.lines = append(c.lines[max(0, len(c.lines)+1-mostHeard):], line)
	failed := cmp.Or(c.Failed, broken()).MatchString(line) ||
		c.Failed == nil && builtAnyway().MatchString(line) && slices.ContainsFunc(c.lines, brokenBefore().MatchString)
	if !failed && !cmp.Or(c.Ready, compiled()).MatchString(line) {
		// The user may have mistyped a line that never came. Known compilers say the end of their own run too.
		c.begun = starts().MatchString(line) || c.begun && !(c.said.IsZero() && compiled().MatchString(line))
		return nil, false
	}
	if failed {
		failure = c.lines
	}
	c.lines, c.said, c.broken, c.begun = nil, now, failed, false
	return failure, true
}

// Restarts forgets the run of a process that has ended.
func (c *Compiler) Restarts() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.lines, c.begun = nil, false
}

// MustWait reports whether files that were written at that time must wait: the run that wrote them has failed, or is
// under way, or others cannot use the service yet. A line that never comes holds the first start up, and nothing later.
func (c *Compiler) MustWait(written, now time.Time) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.asked.IsZero() {
		c.asked = now
	}
	since := now.Sub(written)
	switch {
	case c.broken, c.begun:
		return true
	case c.Ready != nil && c.said.IsZero() && now.Sub(c.asked) < wait.Command:
		return true
	case c.Service, c.Ready == nil && c.said.IsZero():
		return false
	}
	return c.said.Before(written) && since >= 0 && since < wait.Reply
}

// Runs reports whether it has said that a run begins, and not how that run has ended.
func (c *Compiler) Runs() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.begun
}

// Tells reports whether the program says how its runs end.
func (c *Compiler) Tells() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return !c.Service && (c.Ready != nil || c.begun || !c.said.IsZero())
}
