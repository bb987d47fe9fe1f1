package once

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

func TestWhichFilesAreInputs(t *testing.T) {
	dir := site(t)
	digest := func(patterns ...string) string {
		t.Helper()
		sum, err := newTask(dir, nil, "", patterns...).digestInputs(t.Context())
		if err != nil {
			t.Errorf("%q: %v", patterns, err)
		}
		return sum
	}
	for _, c := range []struct {
		file     string
		patterns string
		counts   bool
	}{
		{"drizzle/0001.sql", "drizzle/**", true},
		{"drizzle/meta/1.json", "drizzle/**", true},
		{"drizzle/meta/1.json", "drizzle/** !drizzle/meta/**", false},
		{"drizzle/meta/1.json", "drizzle/*", false},
		{"a/b/c.sql", "**/*.sql", true},
		{"a/b/c.sql", "*/*/*.sql", true},
		{"a/b/c.sql", "*/*.sql", false},
		{"a/b/c.sql", "a/{b/c,d}.sql", true},
		{"schema.prisma", "schema.prisma", true},
		{"prisma/schema.prisma", "prisma/schema.prisma", true},
		{"none/x", "none/y", false},
		{"node_modules/dep/a.sql", "**/*.sql", false},
		{"a/node_modules/dep/a.sql", "**/*.sql", false},
		{"node_modules/dep/a.sql", "node_modules/dep/*.sql", true},
		{"a/node_modules/dep/a.sql", "**/node_modules/dep/*.sql", true},
		{".git/config", "**", false},
		{".git/HEAD", ".git/HEAD", true},
		{"with space/ü.sql", "**/*.sql", true},
		{".hidden/a.sql", "**/*.sql", true},
	} {
		patterns := strings.Fields(c.patterns)
		before := digest(patterns...)
		put(t, dir, c.file, "1")
		made := digest(patterns...)
		put(t, dir, c.file, "2")
		written := digest(patterns...)
		if (before != made) != c.counts || (made != written) != c.counts {
			t.Errorf("%s is an input of %q: %t and %t, want %t", c.file, c.patterns, before != made, made != written,
				c.counts)
		}
		testkit.NoError(t, os.RemoveAll(filepath.Join(dir, strings.Split(c.file, "/")[0])))
	}
}

func TestOddInputs(t *testing.T) {
	dir := site(t, "real/a.sql")
	path := func(name string) string { return filepath.Join(dir, name) }
	err := errors.Join(syscall.Mkfifo(path("fifo"), 0o600), os.Symlink("real", path("folder")),
		os.Symlink(dir, path("real/loop")),
		os.Symlink("real/a.sql", path("file")), os.Symlink("nowhere", path("dangling")),
		os.Mkdir(path("closed"), 0o000))
	testkit.NoError(t, err)
	digest := func(patterns ...string) string {
		sum, err := newTask(dir, nil, "", patterns...).digestInputs(t.Context())
		if err != nil {
			t.Fatalf("%q: %v", patterns, err)
		}
		return sum
	}
	all, link, below := digest("**"), digest("file"), digest("folder/*")
	put(t, dir, "real/a.sql", "2")
	if digest("**") == all || digest("file") == link || digest("folder/*") == below {
		t.Error("a link's target does not count")
	}
}

func TestInputsAreBounded(t *testing.T) {
	defer func(files int, bytes int64) { maxFiles, maxBytes = files, bytes }(maxFiles, maxBytes)
	for name, limit := range map[string]func(){
		"more than 3 files to look at": func() { maxFiles = 3 },
		"more than 3 bytes":            func() { maxBytes = 3 },
	} {
		maxFiles, maxBytes = 100, 100
		limit()
		dir := site(t, "a", "b", "c", "d")
		r := &told{}
		for range 2 {
			does(t, newTask(dir, r, "migrate", "**"), true)
		}
		r.want(t, name, name)
	}
}

func TestTheComparisonEndsWithTheContext(t *testing.T) {
	dir := site(t, "a")
	ctx, cancel := context.WithCancel(t.Context())
	task := newTask(dir, &told{}, "migrate", "**")
	match := task.Match
	task.Match = func(file string) bool { cancel(); return match(file) }
	if run, err := task.Begin(ctx); run || !errors.Is(err, context.Canceled) {
		t.Error(run, err)
	}
	does(t, newTask(dir, task.Report, "migrate", "**"), true) // the lock is free
}
