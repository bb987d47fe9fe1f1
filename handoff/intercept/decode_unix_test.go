package intercept

import "testing"

func TestUnixAddress(t *testing.T) {
	for _, c := range []struct {
		raw, name string
		ok        bool
	}{
		{"\x01\x00/tmp/a", "/tmp/a", true},
		{"\x01\x00/tmp/a\x00\x00garbage", "/tmp/a", true},
		{"\x01\x00a", "a", true},
		{"\x01\x00\x00abstract\x00x", "@abstract\x00x", true},
		{"\x01\x00", "", false},      // autobind
		{"\x01\x00\x00", "@", false}, // the empty abstract name: nobody names a server so
		{"\x01", "", false},
		{"", "", false},
		{"\x02\x00\x0f\xa0\x7f\x00\x00\x01", "", false}, // TCP
	} {
		if name, ok := unixAddress([]byte(c.raw)); ok != c.ok || ok && name != c.name {
			t.Errorf("%q: %q, %v", c.raw, name, ok)
		}
	}
}
