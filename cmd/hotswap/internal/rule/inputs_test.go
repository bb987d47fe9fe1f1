package rule

import (
	"slices"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// Each pattern that is watched, and each file that a rule is about, leads back to what the user
// wrote.
func TestWhichPattern(t *testing.T) {
	r, err := New("/r", []Rule{
		{Change: []string{"src/**", "!src/x.ts", "/else/*.sql"}, Run: "a", Outputs: []string{"gen", "!gen/keep"}},
		{Change: []string{"docs"}, Run: "b"},
		{Change: []string{"*.md"}, Nothing: true},
	})
	testkit.NoError(t, err)
	var origins []string
	for _, glob := range r.Patterns() {
		i, pattern, ok := r.Origin(glob)
		if !ok || !slices.Contains(r.All()[i].Change, pattern) {
			t.Errorf("%s: rule %d, %q, %v", glob, i, pattern, ok)
		}
		origins = append(origins, pattern)
	}
	if want := []string{"src/**", "/else/*.sql", "docs", "docs"}; !slices.Equal(origins, want) {
		t.Errorf("%q, want %q", origins, want)
	}
	if _, _, ok := r.Origin("/r/other"); ok {
		t.Error("a pattern of no rule has a rule")
	}
	if one, ok := r.Output("/r/gen/a/b"); one.Run != "a" || !ok {
		t.Errorf("%+v, %v", one, ok)
	}
	for _, file := range []string{"/r/gen/keep", "/r/other"} {
		if _, ok := r.Output(file); ok {
			t.Errorf("%s is an output", file)
		}
	}
}
