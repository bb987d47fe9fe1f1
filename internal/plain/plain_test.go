package plain

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

func TestLine(t *testing.T) {
	for s, want := range map[string]string{
		"":                          "",
		"src/größe 文件 👩‍💻.ts":       "src/größe 文件 👩‍💻.ts", // a joiner is no control
		`a\b "c"`:                   `a\b "c"`,
		"\x1b[2Jx":                  `\u001b[2Jx`,
		"a\nhotswap: all is well":   `a\nhotswap: all is well`,
		"a\rb\tc\x00\x07\x7f":       `a\rb\tc\u0000\u0007\u007f`,
		"\u009b2J\u0085":            `\u009b2J\u0085`,
		"\x9b2J":                    "\ufffd2J", // as a byte
		"a\xff\xfeb":                "a\ufffd\ufffdb",
		"\u202etxt.exe\u2066\u200f": `\u202etxt.exe\u2066\u200f`,
		"\u061c\u2028\u2029":        `\u061c\u2028\u2029`,
	} {
		if got := Line(s); got != want {
			t.Errorf("%q is %q, want %q", s, got, want)
		}
	}
	if got := Lines("a\nb\x1b\n"); got != "a\nb\\u001b\n" {
		t.Errorf("%q", got)
	}
}

func TestShort(t *testing.T) {
	for _, c := range []struct {
		s    string
		n    int
		want string
	}{
		{"abcdef", 6, "abcdef"}, {"abcdefg", 6, "abc…"}, {"ééé", 5, "é…"}, {"ééé", 6, "ééé"},
		{"\x1b\x1b", 9, `\u001b…`}, {"abcd", 2, "…"},
	} {
		if got := Short(c.s, c.n); got != c.want {
			t.Errorf("%q within %d bytes is %q, want %q", c.s, c.n, got, c.want)
		}
	}
	if got := Line(strings.Repeat("é", Most)); len(got) > Most || !utf8.ValidString(got) {
		t.Errorf("%d bytes", len(got))
	}
}

func TestWriter(t *testing.T) {
	var b bytes.Buffer
	n, err := fmt.Fprintf(NewWriter(&b), "a\x1b\n%s\n", "é\u202e")
	if got := b.String(); got != "a\\u001b\né\\u202e\n" || n != len("a\x1b\né\u202e\n") || err != nil {
		t.Errorf("%q, %d, %v", got, n, err)
	}
}

func TestJSONBoundsEachString(t *testing.T) {
	in := map[string]any{
		"long": strings.Repeat("é", Most), "escapes": strings.Repeat("\x01", Most),
		"quotes": strings.Repeat(`"\`, Most),
		"short":  "\u009b", "list": []any{strings.Repeat("x", Most+1), "y"}, "n": 5.0,
	}
	b := testkit.Must(json.Marshal(in))(t)
	var out map[string]any
	testkit.NoError(t, json.Unmarshal(JSON(b), &out))
	for _, name := range []string{"long", "escapes", "quotes"} {
		s, was := out[name].(string), in[name].(string)
		kept, cut := strings.CutSuffix(s, cutOff)
		if !cut || len(kept) < Most/7 || len(kept) > Most || !strings.HasPrefix(was, kept) {
			t.Errorf("%s: %d bytes, the end is %q", name, len(s), s[max(0, len(s)-10):])
		}
	}
	if got := fmt.Sprintf("%v %v %v %v", out["short"], out["n"], out["list"].([]any)[1], len(out)); got != "\u009b 5 y 6" {
		t.Errorf("%q", got)
	}
}

// harmful is what a terminal must not be sent, but for line feeds.
func harmful(s string) bool {
	return !utf8.ValidString(s) || strings.ContainsFunc(s, func(r rune) bool {
		return r != '\n' && unicode.IsControl(r) || unicode.In(r, unicode.Bidi_Control, unicode.Zl, unicode.Zp)
	})
}

func FuzzPlain(f *testing.F) {
	f.Add("\x1b]0;title\x07\u009b\x9b\u202e\n\t\\\"", 5)
	f.Fuzz(func(t *testing.T, s string, n int) {
		line := Line(s)
		if harmful(line) || strings.Contains(line, "\n") || len(line) > Most || Line(line) != line {
			t.Fatalf("%q is %q", s, line)
		}
		n = max(n, len(cutOff))
		if len(Short(s, n)) > n {
			t.Fatalf("%q is too long", Short(s, n))
		}
		if text := Lines(s); harmful(text) || strings.Count(text, "\n") != strings.Count(s, "\n") {
			t.Fatalf("%q is %q", s, text)
		}
		b := testkit.Must(json.Marshal(map[string]string{s: s}))(t)
		var out, want map[string]string
		safe := JSON(b)
		if err := json.Unmarshal(safe, &out); err != nil || harmful(string(safe)) ||
			bytes.Contains(safe, []byte("\n")) {
			t.Fatalf("%q is %q: %v", b, safe, err)
		}
		testkit.NoError(t, json.Unmarshal(b, &want))
		if len(b) <= Most && fmt.Sprint(out) != fmt.Sprint(want) {
			t.Fatalf("%q means %q, want %q", safe, out, want)
		}
	})
}
