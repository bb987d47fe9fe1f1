package once

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// jsonOf is the path of a project's file.
func jsonOf(t *testing.T, dir string) string {
	t.Helper()
	s := Open(dir, &told{})
	s.home, _ = home()
	return s.path() + ".json"
}

// A hotswap that ends between the write and the rename leaves what was remembered before.
func TestACrashLeavesTheFileWhole(t *testing.T) {
	dir := site(t, "a")
	does(t, newTask(Open(dir, &told{}), "migrate", "**"), true)
	before, err := os.ReadFile(jsonOf(t, dir))
	if err != nil {
		t.Fatal(err)
	}
	put(t, dir, "a", "2")
	func() {
		defer func(f func(string, string) error) { rename = f }(rename)
		rename = func(string, string) error { return syscall.EIO }
		r := &told{}
		does(t, newTask(Open(dir, r), "migrate", "**"), true)
		r.want(t, "not remembered: ")
	}()
	if after, err := os.ReadFile(jsonOf(t, dir)); string(after) != string(before) {
		t.Errorf("%s, %v", after, err)
	}
	if _, err := os.Stat(jsonOf(t, dir) + ".new"); err != nil {
		t.Error(err)
	}
	does(t, newTask(Open(dir, &told{}), "migrate", "**"), true)
	does(t, newTask(Open(dir, &told{}), "migrate", "**"), false)
}

func TestADamagedFileIsEmpty(t *testing.T) {
	for _, text := range []string{
		"", "{", "null", "[]", `{"format": 2, "project": "/a"}`, `{"format": 1, "project": "a"}`, "{} {}",
		`{"format": 1, "project": "/a", "tasks": [{"command": "x", "inputs": "y"}]}`, strings.Repeat("[", maxMemory+1),
	} {
		dir := site(t, "a")
		does(t, newTask(Open(dir, &told{}), "migrate", "**"), true)
		if err := os.WriteFile(jsonOf(t, dir), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		r := &told{}
		does(t, newTask(Open(dir, r), "migrate", "**"), true)
		if !r.has("forgotten: ") {
			t.Errorf("%.20q: the user was not told", text)
		}
		does(t, newTask(Open(dir, &told{}), "migrate", "**"), false)
	}
	dir := site(t, "a")
	does(t, newTask(Open(dir, &told{}), "migrate", "**"), true)
	if err := errors.Join(os.Remove(jsonOf(t, dir)), syscall.Mkfifo(jsonOf(t, dir), 0o600)); err != nil {
		t.Fatal(err)
	}
	does(t, newTask(Open(dir, &told{}), "migrate", "**"), true)
}

func TestTheNumberOfTasksIsBounded(t *testing.T) {
	dir := site(t, "a")
	s := Open(dir, &told{})
	for i := range maxTasks + 10 {
		does(t, newTask(s, fmt.Sprint(i), "**"), true)
	}
	does(t, newTask(s, fmt.Sprint(maxTasks+9), "**"), false)
	does(t, newTask(s, "0", "**"), true)
	info, err := os.Stat(jsonOf(t, dir))
	if err != nil || info.Size() > maxMemory-4096 {
		t.Errorf("%d bytes, %v", info.Size(), err)
	}
}

func TestFilesOfVanishedProjectsAreSwept(t *testing.T) {
	dir := filepath.Join(site(t), "project")
	held := filepath.Join(filepath.Dir(dir), "held")
	for _, at := range []string{dir, held} {
		put(t, at, "a", "1")
		does(t, newTask(Open(at, &told{}), "migrate", "**"), true)
	}
	other, end := another(t, filepath.Join(held, "a", "..")) // runs a task there
	_ = other
	at, later := jsonOf(t, dir), time.Now().Add(2*sweptAfter)
	there := func(path string) bool { _, err := os.Lstat(path); return err == nil }
	sweep(filepath.Dir(at), later)
	if !there(at) {
		t.Error("the file of a project that is there was swept")
	}
	heldAt := jsonOf(t, held)
	if err := errors.Join(os.RemoveAll(dir), os.RemoveAll(held)); err != nil {
		t.Fatal(err)
	}
	sweep(filepath.Dir(at), time.Now())
	if !there(at) {
		t.Error("a file was swept at once")
	}
	sweep(filepath.Dir(at), later)
	if there(at) || there(strings.TrimSuffix(at, ".json")+".lock") {
		t.Error("the files of a vanished project are left")
	}
	if !there(heldAt) {
		t.Error("the file of a project whose lock is held was swept")
	}
	end()
	sweep(filepath.Dir(at), later)
	if there(heldAt) {
		t.Error("the file is left when the lock is free")
	}
}

func FuzzParse(f *testing.F) {
	sum := strings.Repeat("0", 64)
	f.Add([]byte(`{"format":1,"project":"/a","folder":{"inode":1,"born":2},"tasks":[{"command":"` + sum + `","inputs":"` + sum + `","at":"2026-01-02T03:04:05Z"}]}`))
	f.Add([]byte(`{"format":1,"project":"/a","tasks":null}{}`))
	f.Add([]byte(`null`))
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := parse(b)
		if err != nil {
			if m.Format != 0 {
				t.Fatalf("%+v beside %v", m, err)
			}
			return
		}
		if m.Format != format || !filepath.IsAbs(m.Project) || len(m.Tasks) > maxTasks {
			t.Fatalf("%+v", m)
		}
		for i := range maxTasks + 1 {
			m.remember(entry{Command: fmt.Sprintf("%064x", i), Inputs: sum, At: time.Unix(0, 0).UTC()})
		}
		again, err := json.Marshal(m)
		if err != nil || len(m.Tasks) > maxTasks {
			t.Fatal(err, len(m.Tasks))
		}
		if len(m.Project) <= 4096 {
			if read, err := parse(again); err != nil || len(read.Tasks) != len(m.Tasks) {
				t.Fatalf("%v: %s", err, again)
			}
		}
	})
}
