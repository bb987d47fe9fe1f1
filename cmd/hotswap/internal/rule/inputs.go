package rule

// Inputs returns the patterns of the files that rule i is about, as absolute paths, and a
// function that reports whether a file is among them: "!" takes some out again.
func (r *Rules) Inputs(i int) (globs []string, match func(file string) bool) {
	for _, p := range r.changes[i] {
		if !p.out {
			globs = append(globs, p.globs()...)
		}
	}
	return globs, r.changes[i].matches
}
