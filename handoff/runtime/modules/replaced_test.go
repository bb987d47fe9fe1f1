package modules

import (
	"strings"
	"testing"
)

func TestReplaced(t *testing.T) {
	isRuby := func(name string) bool { return strings.HasPrefix(name, "ruby") }
	for _, c := range []struct {
		argv, reported string
		want           bool
	}{
		{"/usr/bin/ruby3.1 -W server.rb 4000", "server.rb 4000", false},
		{"/usr/bin/ruby3.1 /usr/bin/bundle exec ruby server.rb", "/usr/bin/bundle exec ruby server.rb", false},
		{"ruby server.rb", "/usr/bin/bundle exec ruby server.rb", true},
		{"ruby other.rb", "server.rb", true},
		{"puma 5.6.5 (tcp://127.0.0.1:3000)", "/usr/bin/puma config.ru", false},
		{"", "server.rb", false},
	} {
		if got := Replaced(strings.Fields(c.argv), strings.Fields(c.reported), isRuby); got != c.want {
			t.Errorf("%q, of which %q has reported: %v", c.argv, c.reported, got)
		}
	}
}
