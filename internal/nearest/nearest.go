// Package nearest finds the word that a person meant who has mistyped it.
package nearest

import (
	"fmt"

	"github.com/xrash/smetrics"
)

// alike is how much two words must be alike, from 0 to 1, by Jaro and Winkler. A slip of the keyboard in a
// word of five letters leaves 0.9; unrelated words reach 0.7.
const alike = 0.85

// Name returns the name that is most like word, or "" if none is like it.
func Name(word string, names []string) (nearest string) {
	best := alike
	for _, name := range names {
		if score := smetrics.JaroWinkler(name, word, 0.7, 4); score >= best && name != word {
			best, nearest = score, name
		}
	}
	return nearest
}

// Hint returns " (did you mean …?)" with the name that is most like word, behind prefix; "" if none is like it.
func Hint(word string, names []string, prefix string) string {
	if name := Name(word, names); name != "" {
		return fmt.Sprintf(" (did you mean %s%s?)", prefix, name)
	}
	return ""
}
