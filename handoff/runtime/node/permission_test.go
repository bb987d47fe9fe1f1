package node

import (
	"strings"
	"testing"
)

// A program that may read only what it names would not start.
func TestRestricted(t *testing.T) {
	for _, c := range []struct {
		argv, env string
		want      bool
	}{
		{"node a.js", "NODE_OPTIONS=--permission --allow-fs-read=/x", true},
		{"node a.js", "NODE_OPTIONS=-r x --experimental-permission", true},
		{"node a.js", "NODE_OPTIONS=--stack-trace-limit 50 --permission", true}, // a value is no script
		{"node a.js", "NODE_OPTIONS=--permissions", false},
		{"node a.js", "X=--permission", false},
		{"node --permission a.js", "", true},
		{"/usr/bin/node-22 --allow-fs-read=/x --permission a.js", "", true},
		{"node -r ./x.js --experimental-permission a.js", "", true},
		{"node a.js --permission", "", false}, // the program's own
		{"node -r --permission a.js", "", false},
		{"node -- --permission", "", false},
		{"env A=1 node --permission a.js", "", true},
		{"npx tsx --permission a.ts", "", true},
		{"sh -c|node --permission a.js", "", true},
		{"nodemon --permission a.js", "", true},
		{"sh -c|cd a && exec node --allow-fs-read=/x --permission a.js", "", true},
		{"python3 serve.py --permission", "", false}, // another program's
		{"./server --permission", "", false},
		{"sh -c|node a.js & exec ./server --permission", "", false},
		{"python3 serve.py", "NODE_OPTIONS=--permission", true}, // all Node processes below it have it
		{"npm run dev", "", false},
		{"", "", false},
	} {
		var argv []string
		if before, text, ok := strings.Cut(c.argv, "|"); ok {
			argv = append(strings.Fields(before), text)
		} else {
			argv = strings.Fields(c.argv)
		}
		if restricted(argv, []string{c.env}) != c.want {
			t.Errorf("%q, %q: %v", c.argv, c.env, !c.want)
		}
	}
}

func TestDenied(t *testing.T) {
	const path = "/home/me/.cache/hotswap/node-0123456789abcdef/adapter.cjs"
	for text, want := range map[string]bool{
		"  code: 'ERR_ACCESS_DENIED',\n  permission: 'FileSystemRead',\n  resource: '" + path + "'\n}\n\nNode.js v20.20.2": true,
		"  resource: '/home/me/app/config.json'": false,
		"NODE_OPTIONS: '--require " + path + "'": false,
		"    at " + path + ":3:1":                false,
		"":                                       false,
	} {
		tr := &Transport{}
		if got := tr.Denied(strings.Split(text, "\n")); got != want || tr.leftOut.Load() != want {
			t.Errorf("%q: %v", text, got)
		}
		if tr.Denied(strings.Split(text, "\n")) {
			t.Errorf("%q: it is told twice", text)
		}
	}
	if (*Transport)(nil).Denied([]string{"resource: '" + path + "'"}) {
		t.Error("no transport has adapters")
	}
}
