package rule

import (
	"slices"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// The name of a project's folder is no pattern.
func TestFoldersWithOddNames(t *testing.T) {
	for _, dir := range []string{"/w/[app]", "/w/{a,b}", "/w/a*", `/w/a\b`, "/w/what?"} {
		r := testkit.Must(New(dir, []Rule{{Where: "x", Change: []string{"src", "!src/*.md"}, Run: "true"}}))(t)
		if p := r.Decide([]string{dir + "/src/a.ts"}); !slices.Equal(p.Steps, []int{0}) {
			t.Errorf("%s: %+v", dir, p)
		}
		if p := r.Decide([]string{dir + "/src/a.md"}); len(p.Steps) > 0 {
			t.Errorf("%s: %+v", dir, p)
		}
	}
}
