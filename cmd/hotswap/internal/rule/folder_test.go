package rule

import (
	"slices"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// The name of a project's folder is no pattern. In a pattern a folder may have a name that looks like one.
func TestFoldersWithOddNames(t *testing.T) {
	for _, dir := range []string{"/w/[app]", "/w/{a,b}", "/w/a*", `/w/a\b`, "/w/what?"} {
		r := testkit.Must(
			New(dir,
				[]Rule{{Where: "x", Change: []string{"src", "!src/*.md", "app/[slug]", "{dir}", "{env}/*.{css,sql}",
					"!app/[[...no]]"}, Outputs: []string{"[gen]/a"}, Run: "true"}}))(t)
		for file, want := range map[string]bool{
			"src/a.ts": true, "src/a.md": false, "app/[slug]/x/a.txt": true, "app/s": true, "app/slug": false,
			"{env}/a.sql": true, "env/a.css": true, "app/[[...no]]/a": false,
			"app/[slug]": true, "{dir}/x/a": true, "[gen]/a": false,
		} {
			if p := r.Decide([]string{dir + "/" + file}); slices.Equal(p.Steps, []int{0}) != want {
				t.Errorf("%s/%s: %+v", dir, file, p)
			}
		}
		if made := r.Made(0); !slices.Equal(made, []string{dir}) {
			t.Errorf("must be there: %q", made)
		}
	}
}
