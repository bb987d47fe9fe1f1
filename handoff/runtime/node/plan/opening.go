package plan

import (
	"os"
	"slices"
	"time"

	"github.com/hotswap-dev/hotswap/handoff/runtime/node"
)

// clockLag is by how much the time of a file that is written may be behind the clock.
const clockLag = 10 * time.Millisecond

// takeOpening takes what the first file of the project imports statically, up to the first
// import that leads to code of the project. Node runs all of it before the file's own first
// line, and so before anything that the file could prepare or patch. at is the index of the
// main module.
func (p *plan) takeOpening(f facts, first string, at int) {
	// The process has read the text that the file has now: the text was there before.
	info, err := os.Stat(first)
	if err != nil || !info.ModTime().Before(time.UnixMilli(f.thread.RanMain).Add(-clockLag)) {
		return
	}
	for _, file := range f.thread.Statics[first] {
		i := slices.IndexFunc(f.thread.Files[:at], func(x node.File) bool { return x.Path == file && (x.Kind == node.ESModule || x.Kind == node.CommonJS) })
		if i < 0 {
			break
		}
		p.Load = append(p.Load, item{file, imported})
	}
	if len(p.Load) == 0 {
		return
	}
	p.Opener, p.opening = first, first
	for _, x := range f.thread.Files[:at] {
		if pkg := node.PackageOf(x.Path); pkg != "" {
			p.Observed = append(p.Observed, pkg)
		}
	}
	p.Observed = unique(p.Observed)
}

// loadersOf returns the packages that Node's options load.
func loadersOf(options []string) (names []string) {
	for o := range parseOptions(options) {
		if o.loads() {
			names = append(names, packageNamed(o.value))
		}
	}
	return names
}
