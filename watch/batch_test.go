package watch

import "testing"

func TestRelative(t *testing.T) {
	for path, want := range map[string]string{
		"/home/me/shop/apps/api/src/a.ts": "src/a.ts", "/home/me/shop/apps/web/a.ts": "../web/a.ts",
		"/home/me/shop/packages/db/a.ts": "../../packages/db/a.ts", "/usr/lib/a.js": "/usr/lib/a.js",
	} {
		if got := Relative("/home/me/shop/apps/api", path); got != want {
			t.Errorf("%s: %s, want %s", path, got, want)
		}
	}
}
