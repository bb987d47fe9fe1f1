package readiness

import (
	"errors"
	"testing"
)

func TestParseStatuses(t *testing.T) {
	for _, c := range []struct {
		text string
		yes  []int
		no   []int
	}{
		{"200-399", []int{200, 204, 302, 399}, []int{400, 503, 199}},
		{"200,204", []int{200, 204}, []int{201, 203, 205}},
		{"200,300-302,404", []int{200, 300, 301, 302, 404}, []int{303, 403}},
		{"503", []int{503}, []int{200}},
	} {
		s, err := ParseStatuses(c.text)
		if err != nil || s.String() != c.text {
			t.Errorf("%q is %v, %v", c.text, s, err)
		}
		for _, n := range c.yes {
			if !s.Has(n) {
				t.Errorf("%q lacks %d", c.text, n)
			}
		}
		for _, n := range c.no {
			if s.Has(n) {
				t.Errorf("%q has %d", c.text, n)
			}
		}
	}
	for _, text := range []string{"", ",", "200,", "ok", "20", "99", "100", "600", "399-200", "200-", "-399", "200-300-400", " 200", "+200", "2000", "0200"} {
		if s, err := ParseStatuses(text); !errors.Is(err, ErrStatuses) {
			t.Errorf("%q is taken for %v", text, s)
		}
	}
}

func FuzzParseStatuses(f *testing.F) {
	f.Add("200-399")
	f.Add("200,204")
	f.Fuzz(func(t *testing.T, text string) {
		s, err := ParseStatuses(text)
		if err == nil && s.String() != text && len(text) > 0 {
			if again, err := ParseStatuses(s.String()); err != nil || again.String() != s.String() {
				t.Fatalf("%q becomes %q, %v", text, s, err)
			}
		}
	})
}
