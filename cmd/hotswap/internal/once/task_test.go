package once

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

func TestATaskRunsAgainOnlyWithOtherInputs(t *testing.T) {
	dir := site(t, "drizzle/0001.sql", "drizzle/meta/journal.json", "src/a.ts")
	r := &told{}
	fresh := func() *Task { return newTask(dir, r, "npm run migrate", "drizzle/**") } // another hotswap
	does(t, fresh(), true)
	does(t, fresh(), false)
	put(t, dir, "src/a.ts", "2")
	put(t, dir, "drizzle/0001.sql", "1") // written, and as before
	does(t, fresh(), false)
	put(t, dir, "drizzle/0002.sql", "2")
	does(t, fresh(), true)
	testkit.NoError(t, os.Rename(filepath.Join(dir, "drizzle/0002.sql"), filepath.Join(dir, "drizzle/0003.sql")))
	does(t, fresh(), true)
	testkit.NoError(t, os.Remove(filepath.Join(dir, "drizzle/0003.sql")))
	does(t, fresh(), true) // back to what an earlier success had: the last one decides
	does(t, fresh(), false)
	does(t, newTask(dir, r, "npm run seed", "drizzle/**"), true)
	does(t, fresh(), false)
	r.want(t)
}

func TestATaskRunsAgainWhenWhatItMadeIsGone(t *testing.T) {
	dir := site(t, "drizzle/0001.sql")
	data := filepath.Join(dir, "data")
	fresh := func() *Task {
		task := newTask(dir, &told{}, "migrate", "drizzle/**")
		task.Made = []string{data, filepath.Join(dir, "drizzle")}
		return task
	}
	task := fresh()
	if run, err := task.Begin(t.Context()); !run || err != nil {
		t.Fatal(run, err)
	}
	put(t, dir, "data/1", "row")
	task.End(true)
	if task.Owed() {
		t.Error("owed although all is there")
	}
	does(t, fresh(), false)
	testkit.NoError(t, os.RemoveAll(data))
	if !task.Owed() {
		t.Error("not owed although its data are gone")
	}
	task = fresh()
	does(t, task, true) // and does not make it: that is no reason to run for ever
	does(t, task, false)
}

func TestAFailureIsOwed(t *testing.T) {
	dir := site(t, "a")
	task := newTask(dir, &told{}, "migrate", "**")
	for range 2 {
		if run, err := task.Begin(t.Context()); !run || err != nil {
			t.Fatal(run, err)
		}
		task.End(false)
		if !task.Owed() {
			t.Error("a failure is not owed")
		}
	}
	does(t, task, true)
	put(t, dir, "a", "2")
	task.Changed()
	if run, _ := task.Begin(t.Context()); !run {
		t.Fatal("does not run")
	}
	task.End(false)
	put(t, dir, "a", "1")
	task.Changed()
	does(t, task, false) // the success before is still remembered
}

// What is remembered is what was there before the command ran.
func TestAChangeWhileTheCommandRunsIsOwed(t *testing.T) {
	dir := site(t, "a")
	task := newTask(dir, &told{}, "migrate", "**")
	run, err := task.Begin(t.Context())
	if !run || err != nil {
		t.Fatal(run, err)
	}
	put(t, dir, "a", "2")
	task.Changed()
	task.End(true)
	if !task.Owed() {
		t.Error("the change is not owed")
	}
	does(t, task, true)
	does(t, task, false)
	task.Changed()
	if !task.Owed() {
		t.Error("the change is not owed")
	}
	does(t, task, false)
}

func TestAProjectThatWasClonedAgainStartsAnew(t *testing.T) {
	dir := filepath.Join(site(t), "project")
	r := &told{}
	for range 2 {
		put(t, dir, "a", "1")
		does(t, newTask(dir, r, "migrate", "**"), true)
		does(t, newTask(dir, r, "migrate", "**"), false)
		testkit.NoError(t, os.RemoveAll(dir))
	}
	r.want(t)
}

// A file that somebody else has written, or only half of, is no success.
func TestADamagedRecordIsNone(t *testing.T) {
	dir := site(t, "a")
	fresh := func() *Task { return newTask(dir, &told{}, "migrate", "**") }
	does(t, fresh(), true)
	records, err := filepath.Glob(filepath.Join(os.Getenv("XDG_STATE_HOME"), "hotswap/tasks/*", digestOf("migrate")))
	if err != nil || len(records) != 1 {
		t.Fatal(records, err)
	}
	whole := testkit.Must(os.ReadFile(records[0]))(t)
	for _, text := range []string{"", string(whole[:len(whole)/2]), strings.Repeat("[", 1000)} {
		testkit.NoError(t, os.WriteFile(records[0], []byte(text), 0o600))
		does(t, fresh(), true)
		does(t, fresh(), false)
	}
	testkit.NoError(t, errors.Join(os.Remove(records[0]), os.Mkdir(records[0], 0o700)))
	r := &told{}
	does(t, newTask(dir, r, "migrate", "**"), true)
	r.want(t, "not remembered: migrate: ")
}

func TestCommandsAreNotWrittenDown(t *testing.T) {
	dir := site(t, "a")
	does(t, newTask(dir, &told{}, "PASSWORD=secret npm run migrate", "**"), true)
	err := filepath.WalkDir(os.Getenv("XDG_STATE_HOME"), func(path string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		info, err := e.Info()
		if b, _ := os.ReadFile(path); strings.Contains(string(b), "secret") || info.Mode().Perm() != 0o600 {
			t.Errorf("%s, mode %v: %s", path, info.Mode(), b)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}
