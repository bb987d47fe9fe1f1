// Package nearest finds the word that a person meant who has mistyped it.
package nearest

import (
	"fmt"

	"github.com/xrash/smetrics"
)

// alike is how much two words must be alike, from 0 to 1, by Jaro and Winkler. A slip of the keyboard in a
// word of five letters leaves 0.9; unrelated words reach 0.7.
const alike = 0.85

// Hint returns " (did you mean …?)" with the name that is most like word, behind prefix; "" if none is like it.
func Hint(word string, names []string, prefix string) string {
	best, hint := alike, ""
	for _, name := range names {
		if score := smetrics.JaroWinkler(name, word, 0.7, 4); score >= best && name != word {
			best, hint = score, fmt.Sprintf(" (did you mean %s%s?)", prefix, name)
		}
	}
	return hint
}
