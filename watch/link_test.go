package watch

import (
	"os"
	"path/filepath"
	"testing"
)

// A link to a file leads elsewhere, itself or by another link, or the file changes. A link to a folder alone is
// nothing.
func TestDiskLinksBelow(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "link") // files behind it have their names below it, also those of other links
	must(t, os.Symlink(t.TempDir(), dir))
	for _, file := range []string{"app/1/v.mjs", "app/2/v.mjs", "app/logs/1/a.log", "app/logs/2/a.log", "shared/c.yaml",
		"shared/d.yaml"} {
		write(t, file, dir, file)
	}
	link := func(to, name string) {
		must(t, os.Symlink(to, filepath.Join(dir, "app", name+".new")))
		must(t, os.Rename(filepath.Join(dir, "app", name+".new"), filepath.Join(dir, "app", name)))
	}
	for _, l := range [][2]string{{"1", "current"}, {"current/v.mjs", "v.mjs"}, {"logs/1", "latest"},
		{"../shared/c.yaml", "c.yaml"}} {
		link(l[0], l[1])
	}
	w := run(t, filepath.Join(dir, "app"), func(c *Config) { c.Roots = []string{".", "c.yaml"} })
	for _, step := range []struct {
		want string
		does func()
	}{
		{"new/gone 1/new.mjs", func() { write(t, "1", dir, "app/1/new.mjs") }},
		{"written v.mjs", func() { link("2", "current") }}, // as Kubernetes updates a mounted file
		{"written v.mjs", func() { link("1/v.mjs", "v.mjs") }},
		{"written c.yaml", func() { write(t, "2", dir, "shared/c.yaml") }},
		{"written c.yaml", func() { link("../shared/d.yaml", "c.yaml") }},
		{"new/gone twin.yaml", func() { link("../shared/d.yaml", "twin.yaml") }},
		{"new/gone twin.yaml", func() { must(t, os.Remove(filepath.Join(dir, "app/twin.yaml"))) }},
		{"written c.yaml", func() {
			link("logs/2", "latest")
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

// A file in a link's place is a change of what was linked, also with the same bytes, and so is a link in a file's
// place.
func TestDiskFileForALink(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path, temp := filepath.Join(dir, "v.mjs"), filepath.Join(dir, "new~")
	write(t, "1", dir, "a.mjs")
	must(t, os.Symlink("a.mjs", path))
	w := run(t, dir, nil)
	file := func(text string) { write(t, text, temp) }
	for i, step := range []struct {
		does   func()
		linked bool
	}{
		{func() { file("1") }, true},
		{func() { must(t, os.Symlink("a.mjs", temp)) }, false},
		{func() { file("2") }, true},
		{func() { file("3") }, false},
	} {
		step.does()
		must(t, os.Rename(temp, path))
		if b := next(t, w); describe(b) != "written v.mjs" || b[0].Linked != step.linked {
			t.Errorf("step %d: %+v", i, b)
		}
	}
}
