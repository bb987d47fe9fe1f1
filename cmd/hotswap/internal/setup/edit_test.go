package setup

import (
	"strings"
	"testing"
)

// Nothing but the one text changes, whatever the file looks like.
func TestEditChangesOneText(t *testing.T) {
	for _, c := range []struct{ script, before, after string }{
		{"dev", "{\r\n\t\"scripts\" : {\r\n\t\t\"dev\":\"a\" ,\r\n\t\t\"b\": \"dev\"\r\n\t}\r\n}", "{\r\n\t\"scripts\" : {\r\n\t\t\"dev\":\"NEW\" ,\r\n\t\t\"b\": \"dev\"\r\n\t}\r\n}"},
		{"a/b~c", `{"x":{"scripts":{"a/b~c":"no"}},"scripts":{"a/b~c":"\u0061"}}` + "\n\n", `{"x":{"scripts":{"a/b~c":"no"}},"scripts":{"a/b~c":"NEW"}}` + "\n\n"},
		{"dev", `{"dev":"1","scripts":{"pre":"2","dev":"3"}}`, `{"dev":"1","scripts":{"pre":"2","dev":"NEW"}}`},
		{"dev", "\ufeff" + `{"scripts":{"dev":"3"}}`, "\ufeff" + `{"scripts":{"dev":"NEW"}}`},
		{"dev", `{"scripts":{"dev":"1","dev":"2"}}`, ""}, // which of the two counts?
		{"dev", `{"scripts":{}}`, ""},
		{"dev", `{"scripts":`, ""},
	} {
		for _, text := range []string{"hotswap", `say "a" & <b>`} {
			got, err := (&Edit{c.script, text}).Apply([]byte(c.before))
			want := strings.Replace(c.after, "NEW", strings.ReplaceAll(text, `"`, `\"`), 1)
			if string(got) != want || (err == nil) != (c.after != "") {
				t.Errorf("%s\n got %s, %v\nwant %s", c.before, got, err, want)
			}
		}
	}
}

func TestDiff(t *testing.T) {
	want := "--- p\n+++ p\n@@ -1,2 +1,2 @@\n a\n-b\n+c\n"
	if got := Diff("p", []byte("a\nb\n"), []byte("a\nc\n")); got != want {
		t.Errorf("%q", got)
	}
}
