package standby

import "testing"

func TestEqualButOrder(t *testing.T) {
	text := func(s string) any { return []byte(s) }
	type item struct{ File, How string }
	type plan struct {
		Load []item
		Env  []string
	}
	for name, c := range map[string]struct {
		a, b any
		want bool
	}{
		"the same":                 {text("2\x00a\x00b\x001\x00c\x00"), text("2\x00a\x00b\x001\x00c\x00"), true},
		"another order":            {text("2\x00a\x00b\x001\x00c\x00"), text("2\x00b\x00a\x001\x00c\x00"), true},
		"in another list":          {text("2\x00a\x00b\x001\x00c\x00"), text("2\x00a\x00c\x001\x00b\x00"), false},
		"more":                     {text("1\x00a\x000\x00"), text("2\x00a\x00b\x000\x00"), false},
		"no plan of lists":         {text("ab"), text("ba"), false},
		"JSON in another order":    {plan{Load: []item{{"a", "require"}, {"b", "import"}}}, plan{Load: []item{{"b", "import"}, {"a", "require"}}}, true},
		"JSON by another way":      {plan{Load: []item{{"a", "require"}, {"b", "import"}}}, plan{Load: []item{{"a", "import"}, {"b", "require"}}}, false},
		"JSON with other settings": {plan{Env: []string{"A"}}, plan{Env: []string{"B"}}, false},
	} {
		if got := (Spec{Plan: c.a}).EqualButOrder(Spec{Plan: c.b}); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
