package archtest

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// unclear has phrases that leave open who does what. The comment, the page or the message names the actor instead.
var unclear = regexp.MustCompile(`(?i)\b(?:(?:is|are|was|were) to be|of no use|likewise)\b`)

// Neither the code nor the docs have an unclear phrase.
func TestNoUnclearPhrases(t *testing.T) {
	texts := docs(t)
	for _, p := range list(t) {
		for _, file := range p.productFiles(t) {
			b := testkit.Must(os.ReadFile(file))(t)
			texts[file] = string(b)
		}
	}
	for file, text := range texts {
		n := 0
		for line := range strings.Lines(text) {
			n++
			if phrase := unclear.FindString(line); phrase != "" {
				t.Errorf("%s:%d: %q leaves open who does what", file, n, phrase)
			}
		}
	}
}
