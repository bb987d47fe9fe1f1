package intercept

import "testing"

func TestSameNetwork(t *testing.T) {
	for name, c := range map[string]struct {
		a, b        network
		same, known bool
	}{
		"same cookie":                 {network{cookie: 1}, network{cookie: 1}, true, true},
		"other cookie":                {network{cookie: 1}, network{cookie: 2}, false, true},
		"the cookie decides":          {network{1, "net:[4]"}, network{2, "net:[4]"}, false, true},
		"the thread has left":         {network{1, "net:[4]"}, network{1, "net:[5]"}, true, true},
		"same link":                   {network{cookie: 1, link: "net:[4]"}, network{link: "net:[4]"}, true, true},
		"other link":                  {network{cookie: 1, link: "net:[4]"}, network{link: "net:[5]"}, false, true},
		"nothing is known":            {network{1, "net:[4]"}, network{}, false, false},
		"what is known is not common": {network{cookie: 1}, network{link: "net:[4]"}, false, false},
	} {
		if same, known := c.a.same(c.b); same != c.same || known != c.known {
			t.Errorf("%s: same %v, known %v", name, same, known)
		}
		if same, known := c.b.same(c.a); same != c.same || known != c.known {
			t.Errorf("%s, turned around: same %v, known %v", name, same, known)
		}
	}
}
