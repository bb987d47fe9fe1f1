package watcher

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// docs/init.md has every watcher.
func TestDocumentHasEveryWatcher(t *testing.T) {
	text, err := os.ReadFile("../../../../../docs/init.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range watchers {
		found := false
		for name := range strings.FieldsSeq(row.programs) {
			found = found || regexp.MustCompile("`[^`]*\\b"+regexp.QuoteMeta(name)+"\\b[^`]*`").Match(text)
		}
		if !found {
			t.Errorf("docs/init.md does not have %s", row.name)
		}
	}
}
