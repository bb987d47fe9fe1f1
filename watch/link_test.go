package watch

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A deployment replaces a link on the way to what is watched, by another link's rename or by a removal first.
func TestDiskReplacedLinks(t *testing.T) {
	for name, root := range map[string]string{"a file": "app/current/server", "a folder": "app/current/lib", "the link": "app/current"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			for _, release := range []string{"1", "2", "3"} {
				write(t, release, dir, "app/releases", release, "server")
				write(t, release, dir, "app/releases", release, "lib/a.js")
				write(t, "same", dir, "app/releases", release, "lib/same.js")
			}
			link := filepath.Join(dir, "app/current")
			must(t, os.Symlink("releases/1", link))
			w := run(t, dir, func(c *Config) { c.Roots = []string{root} })
			want := "written " + root
			if root != "app/current/server" {
				want = "written app/current/lib/a.js"
			}
			expect := func(want string) {
				t.Helper()
				got := describe(next(t, w))
				for strings.HasPrefix(got, "removed ") { // on a slow machine that is a batch of its own
					got = strings.Replace(describe(next(t, w)), "created "+want[len("written "):], want, 1)
				}
				if got != want {
					t.Errorf("batch %q, want %q", got, want)
				}
			}
			must(t, os.Symlink("releases/2", filepath.Join(dir, "app/releases/current")))
			must(t, os.Rename(filepath.Join(dir, "app/releases/current"), link))
			expect(want)
			write(t, "old", dir, "app/releases/1/server") // the old release is watched no more
			write(t, "old", dir, "app/releases/1/lib/a.js")
			write(t, "new", dir, "app/releases/2/server")
			write(t, "new", dir, "app/releases/2/lib/a.js")
			expect(want)
			must(t, os.Remove(link))
			must(t, os.Symlink("releases/3", link))
			expect(want)
			write(t, "new", dir, "app/releases/3/server")
			write(t, "new", dir, "app/releases/3/lib/a.js")
			expect(want)
		})
	}
}

// A link below a root leads elsewhere, or what it leads to changes, where something that counts is behind.
func TestDiskLinksBelow(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, file := range []string{"app/1/v.mjs", "app/2/v.mjs", "app/logs/1/a.log", "app/logs/2/a.log", "shared/c.yaml", "shared/d.yaml"} {
		write(t, file, dir, file)
	}
	link := func(to, name string) {
		must(t, os.Symlink(to, filepath.Join(dir, "app", name+".new")))
		must(t, os.Rename(filepath.Join(dir, "app", name+".new"), filepath.Join(dir, "app", name)))
	}
	for name, to := range map[string]string{"current": "1", "v.mjs": "1/v.mjs", "latest": "logs/1", "c.yaml": "../shared/c.yaml"} {
		link(to, name)
	}
	w := run(t, filepath.Join(dir, "app"), nil)
	for _, step := range []struct {
		want string
		does func()
	}{
		{"created current", func() { link("2", "current") }},
		{"created v.mjs", func() { link("2/v.mjs", "v.mjs") }},
		{"written c.yaml", func() { write(t, "2", dir, "shared/c.yaml") }},
		{"created c.yaml", func() { link("../shared/d.yaml", "c.yaml") }},
		{"created twin.yaml", func() { link("../shared/d.yaml", "twin.yaml") }},
		{"removed twin.yaml", func() { must(t, os.Remove(filepath.Join(dir, "app/twin.yaml"))) }},
		{"written c.yaml", func() {
			link("logs/2", "latest")
			link("2", "current")
			write(t, "2", dir, "shared/c.yaml")
			write(t, "2", dir, "shared/d.yaml")
		}},
	} {
		step.does()
		if got := describe(next(t, w)); got != step.want {
			t.Errorf("batch %q, want %q", got, step.want)
		}
	}
}
