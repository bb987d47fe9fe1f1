package websocket

import (
	"regexp"
	"strings"
	"testing"

	"github.com/bmatcuk/doublestar/v4"
)

func TestPolicy(t *testing.T) {
	if got := Encode([]Rule{{Pattern: "/a"}}); got != "" {
		t.Errorf("nothing is kept, and yet %s", got)
	}
	got := Encode([]Rule{{Pattern: "/a/*.x"}, {Pattern: "/internal/**", Keep: true}, {Keep: true}})
	want := `[{"path":"^/a/[^/]*\\.x$"},{"path":"^/internal(?:/.*)?$","keep":true},{"path":"^","keep":true}]`
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestNotAPattern(t *testing.T) {
	for _, glob := range []string{"/[a-c]", `/\*`, "/{a,b}", "/a?", "/a**", "/***", "/é", "/a b", "**", "a", "//", "/a/**/"} {
		if (Rule{Pattern: glob}).Check() == nil {
			t.Errorf("%q is one", glob)
		}
	}
}

// The expression means what the library of globs says, which --watch has too.
func FuzzPattern(f *testing.F) {
	for _, glob := range []string{"/", "/**", "/a/**/b", "/a/**", "/*/b", "/a**b", "/a.b+c", "/**/x"} {
		for _, path := range []string{"", "/", "/a", "/a/b", "/a/x/y/b", "/b/c/d", "/ax", "/*", "/x", "/a.b+c", "/azzb", "/]"} {
			f.Add(glob, path)
		}
	}
	f.Fuzz(func(t *testing.T, glob, path string) {
		if path != "/" && (strings.Contains(path, "//") || strings.HasSuffix(path, "/")) || path == "/" && glob != "/" {
			return // of parts that are empty the library has views of its own
		}
		r := Rule{Pattern: glob}
		if r.Check() != nil || glob == "" || !strings.HasPrefix(path, "/") {
			return
		}
		want, err := doublestar.Match(glob, path)
		if err != nil {
			return
		}
		if got := regexp.MustCompile("(?s)" + r.expression()).MatchString(path); got != want {
			t.Errorf("%q is %s: %q matches %v, not %v", glob, r.expression(), path, got, want)
		}
	})
}
