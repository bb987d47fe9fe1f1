package rule

import (
	"path"
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"
)

// Inputs returns the patterns of the files that rule i is about, as absolute paths, and a
// function that reports whether a file is among them: "!" takes some out again.
func (r *Rules) Inputs(i int) (globs []string, match func(file string) bool) {
	return r.changes[i].globs(), r.changes[i].matches
}

// Origin returns the rule and its pattern that glob is made of, which is one of
// [Rules.Patterns].
func (r *Rules) Origin(glob string) (i int, pattern string, ok bool) {
	for i, change := range r.changes {
		for k, p := range change {
			if !p.out && slices.Contains(p.globs(), glob) {
				return i, r.all[i].Change[k], true
			}
		}
	}
	return 0, "", false
}

// Output returns the rule whose command writes a file.
func (r *Rules) Output(file string) (Rule, bool) {
	for i, m := range r.outputs {
		if m.matches(file) {
			return r.all[i], true
		}
	}
	return Rule{}, false
}

// Made returns the paths that must be there once the command of rule i has run: those of its
// outputs, of a pattern the folder in which the pattern begins.
func (r *Rules) Made(i int) (paths []string) {
	for _, p := range r.outputs[i] {
		if !p.out {
			start, rest := doublestar.SplitPattern(p.glob)
			if p.name && !strings.Contains(rest, "{") {
				start = path.Join(start, rest)
			}
			paths = append(paths, strings.ReplaceAll(start, `\\`, `\`)) // which SplitPattern leaves as they are
		}
	}
	return paths
}
