package node

import (
	"os"
	"slices"

	"github.com/hotswap-dev/hotswap/internal/launchers"
	"github.com/hotswap-dev/hotswap/internal/lazy"
)

// Tree returns the generation's processes; nil before Run.
func (a *Session) Tree() []int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.tree()
}

// bundlers are packages that read code in a process of their own or in machine code, where the
// adapter does not see it. tsx has esbuild transform what it has read.
var (
	bundlers = []string{"vite", "rolldown", "@rspack/core", "@parcel/core", "tsup", "tsdown", "unbuild", "@swc/core"}
	esbuild  = lazy.Pattern(`["']esbuild["']`)
)

// Bundles returns why code may have been read without the adapter; "": it was not.
func (l Loaded) Bundles() string {
	uses := ""
	var sources []string
	for _, t := range slices.Concat(l.Threads, l.Past) {
		for _, f := range t.Files {
			switch name := launchers.PackageOf(f.Path); {
			case slices.Contains(bundlers, name), name == "esbuild" && uses == "":
				uses = name
			case name == "":
				sources = append(sources, f.Path)
			}
		}
	}
	if uses == "esbuild" && !slices.ContainsFunc(sources, func(file string) bool {
		b, err := os.ReadFile(file)
		return err == nil && esbuild().Match(b)
	}) {
		return ""
	}
	if uses != "" {
		return "it has loaded " + uses + ", which may read code itself"
	}
	return ""
}
