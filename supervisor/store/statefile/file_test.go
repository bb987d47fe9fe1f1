package statefile

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/supervisor/store"
)

func js(text string) store.Value { return store.Value{JSON: []byte(text)} }

// open returns a store in the file at path.
func opened(t *testing.T, path string) *store.Store {
	t.Helper()
	f, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	s := store.New(store.Limits{})
	if err := s.Attach(f); err != nil {
		_ = f.Close()
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func get(s *store.Store, key string) (item store.Item, ok bool) {
	_ = s.Do(func(tx *store.Tx) { item, ok = tx.Get(key) })
	return item, ok
}

func set(t *testing.T, s *store.Store, key string, v store.Value, ttl time.Duration) uint64 {
	t.Helper()
	var item store.Item
	var err error
	if failed := s.Do(func(tx *store.Tx) { item, err = tx.Set(key, v, store.Write{TTL: ttl}) }); failed != nil || err != nil {
		t.Fatal(err)
	}
	return item.Version
}

func TestItemsSurvive(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.db")
	s := opened(t, path)
	set(t, s, "json", js(`{"a":"ü"}`), 0)
	set(t, s, "bytes", store.Value{Bytes: []byte{0, 255}}, 0)
	set(t, s, "empty", store.Value{Bytes: []byte{}}, 0)
	set(t, s, "long\n/ü", store.Value{Bytes: make([]byte, 1<<20)}, 0)
	set(t, s, "limited", js("1"), time.Hour)
	limited, _ := get(s, "limited")
	set(t, s, "deleted", js("1"), 0)
	_ = s.Do(func(tx *store.Tx) { _, _ = tx.Delete("deleted", nil) })
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	if files, _ := os.ReadDir(filepath.Dir(path)); len(files) != 1 {
		t.Error(files)
	}
	s = opened(t, path)
	if got := s.Stats().Keys; got != 5 {
		t.Errorf("%d keys", got)
	}
	for key, want := range map[string]store.Item{
		"json": {Value: js(`{"a":"ü"}`), Version: 1}, "bytes": {Value: store.Value{Bytes: []byte{0, 255}}, Version: 2},
		"empty": {Value: store.Value{Bytes: []byte{}}, Version: 3}, "long\n/ü": {Value: store.Value{Bytes: make([]byte, 1<<20)}, Version: 4},
		"limited": {Value: js("1"), Version: 5, Expires: limited.Expires},
	} {
		got, ok := get(s, key)
		if !ok || !bytes.Equal(got.Value.JSON, want.Value.JSON) || !bytes.Equal(got.Value.Bytes, want.Value.Bytes) ||
			(got.Value.Bytes == nil) != (want.Value.Bytes == nil) || got.Version != want.Version || !got.Expires.Equal(want.Expires) {
			t.Errorf("%q: %+v", key, got)
		}
	}
	if version := set(t, s, "next", js("1"), 0); version != 8 {
		t.Errorf("version %d follows the deletion", version)
	}
}

func TestOnlyOneProcessHasTheFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.db")
	s := opened(t, path)
	if _, err := Open(path); !errors.Is(err, ErrLocked) {
		t.Error(err)
	}
	defer func(was time.Duration) { lockWait = was }(lockWait)
	lockWait = time.Minute
	time.AfterFunc(100*time.Millisecond, func() { _ = s.Close() })
	opened(t, path) // waits for the first
}

// What cannot be read is an error, and stays as it is.
func TestDamagedFile(t *testing.T) {
	intact := filepath.Join(t.TempDir(), "state.db")
	s := opened(t, intact)
	for i := range 50 {
		set(t, s, fmt.Sprint("key ", i), store.Value{Bytes: bytes.Repeat([]byte("value"), 200)}, 0)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(intact)
	if err != nil {
		t.Fatal(err)
	}
	changed := func(change func(b []byte)) []byte { b := slices.Clone(content); change(b); return b }
	line := func(r record) []byte { b, _ := encode(r); return slices.Concat([]byte(head), b) }
	cases := map[string]struct {
		content []byte
		says    string
	}{
		"text":          {[]byte("state: 1\n"), "not a state file"},
		"long text":     {bytes.Repeat([]byte("x"), 1<<20), "not a state file"},
		"zeros":         {make([]byte, 16384), "not a state file"},
		"newer":         {[]byte("hotswap state 2\n{}"), "not a state file"},
		"one bit":       {changed(func(b []byte) { b[len(b)/2] ^= 1 }), "wrong checksum"},
		"last bit":      {changed(func(b []byte) { b[len(b)-2] ^= 1 }), "line 51: wrong checksum"},
		"a page":        {changed(func(b []byte) { clear(b[4096:8192]) }), "line 4"},
		"no line feed":  {changed(func(b []byte) { b[len(b)/2] = '\n' }), "line"},
		"no version":    {line(record{1, []store.Change{{Item: store.Item{Key: "a", Value: js("1")}}}}), `key "a" is incomplete`},
		"no value":      {line(record{1, []store.Change{{Item: store.Item{Key: "a", Version: 1}}}}), `key "a" is incomplete`},
		"no key":        {line(record{1, []store.Change{{Item: store.Item{Version: 1, Value: js("1")}}}}), "must not be empty"},
		"no such value": {line(record{1, []store.Change{{Item: store.Item{Key: "a", Version: 1, Value: store.Value{Bytes: make([]byte, 2<<20)}}}}}), "too large"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "state.db")
			if err := os.WriteFile(path, c.content, 0o600); err != nil {
				t.Fatal(err)
			}
			f, err := Open(path)
			if err == nil {
				err = store.New(store.Limits{}).Attach(f)
				_ = f.Close()
			}
			if err == nil || !strings.Contains(err.Error(), c.says) || strings.Contains(err.Error(), "\n") || len(err.Error()) > 400 {
				t.Errorf("not one clear line: %v", err)
			}
			if got, err := os.ReadFile(path); err != nil || !bytes.Equal(got, c.content) {
				t.Error("the file was changed", err)
			}
		})
	}
}

// A line that a process, or the machine, could not finish was acknowledged to nobody. Everything before it is there.
func TestLineThatIsNotComplete(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.db")
	s := opened(t, path)
	set(t, s, "a", js("1"), 0)
	first, _ := os.ReadFile(path)
	set(t, s, "a", js("2"), 0)
	whole, _ := os.ReadFile(path)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	zeros := append(slices.Clone(first), make([]byte, 8192)...)
	late := slices.Clone(whole)
	clear(late[len(first) : len(first)+20])
	contents := [][]byte{zeros, late}
	for n := len(first); n < len(whole); n++ {
		contents = append(contents, whole[:n])
	}
	for _, content := range contents {
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		s := opened(t, path)
		item, _ := get(s, "a")
		if string(item.Value.JSON) != "1" || item.Version != 1 {
			t.Fatalf("%q: %+v", content[len(first):], item)
		}
		if version := set(t, s, "b", js("3"), 0); version != 2 {
			t.Fatalf("%q: version %d", content[len(first):], version)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		s = opened(t, path)
		if s.Stats().Keys != 2 {
			t.Fatalf("%q: %+v", content[len(first):], s.Stats())
		}
		_ = s.Close()
	}
	for n := range head { // of the first line
		if err := os.WriteFile(path, []byte(head[:n]), 0o600); err != nil {
			t.Fatal(err)
		}
		s := opened(t, path)
		set(t, s, "a", js("1"), 0)
		_ = s.Close()
	}
}

func TestPathsThatAreNoFile(t *testing.T) {
	dir := t.TempDir()
	pipe := filepath.Join(dir, "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{dir, pipe, filepath.Join(dir, "missing", "state.db"), filepath.Join(pipe, "state.db")} {
		if _, err := Open(path); err == nil {
			t.Errorf("%s was opened", path)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "empty"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	opened(t, filepath.Join(dir, "empty"))
}

// FuzzRead: whatever a file has, it is read or refused, and what was read is written the same.
func FuzzRead(f *testing.F) {
	var b bytes.Buffer
	if err := Write(&b, 9, slices.Values([]store.Item{{Key: "a", Value: js("1"), Version: 7}, {Key: "b", Value: store.Value{Bytes: []byte{}}, Version: 9}})); err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes())
	f.Add(b.Bytes()[:b.Len()-3])
	f.Add([]byte(head + "00000000 {}\n"))
	f.Fuzz(func(t *testing.T, content []byte) {
		read := func(content []byte) (items []store.Item, version uint64, whole int64, err error) {
			version, whole, err = Read(bytes.NewReader(content), func(item store.Item) error {
				items = append(items, item)
				return nil
			})
			return items, version, whole, err
		}
		items, version, whole, err := read(content)
		if whole > int64(len(content)) {
			t.Fatalf("%d bytes of %d", whole, len(content))
		}
		if err != nil {
			return
		}
		var again bytes.Buffer
		if err := Write(&again, version, slices.Values(items)); err != nil {
			t.Fatal(err)
		}
		if got, v, _, err := read(again.Bytes()); err != nil || v != version || len(got) != len(items) {
			t.Errorf("%v became %v, %d became %d: %v", items, got, version, v, err)
		}
	})
}

// The file grows with what the store has at once, not with what was ever written.
func TestFileStaysSmall(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.db")
	if err := os.WriteFile(path+".new", []byte("half"), 0o600); err != nil { // of a process that was killed
		t.Fatal(err)
	}
	if err := errors.Join(os.WriteFile(path, nil, 0o640), os.Chmod(path, 0o640)); err != nil {
		t.Fatal(err)
	}
	s := opened(t, path)
	random := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		set(t, s, fmt.Sprint(random.IntN(10)), store.Value{Bytes: make([]byte, random.IntN(100_000))}, 0)
	}
	info, err := os.Stat(path)
	if err != nil || info.Size() > 4<<20 || info.Mode().Perm() != 0o640 {
		t.Errorf("%d bytes in the store, %d in the file, %v, %v", s.Stats().Bytes, info.Size(), info.Mode(), err)
	}
	if _, err := Open(path); !errors.Is(err, ErrLocked) {
		t.Errorf("the new file is not locked: %v", err)
	}
	has := s.Stats()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if got := opened(t, path).Stats(); got != has {
		t.Errorf("%+v became %+v", has, got)
	}
}

// If no new file can take its place, the file goes on growing.
func TestFolderThatCannotBeWritten(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "state.db")
	s := opened(t, path)
	if err := os.Mkdir(path+".new", 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(path+".new", "x"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for range 40 {
		set(t, s, "a", store.Value{Bytes: make([]byte, 100_000)}, 0)
	}
	if info, err := os.Stat(path); err != nil || info.Size() < 4<<20 {
		t.Error(info.Size(), err)
	}
}

func TestFilesInAFolderOfOthers(t *testing.T) {
	open := func(path string) error {
		f, err := Open(path)
		if err == nil {
			err = f.Close()
		}
		return err
	}
	shared, own := t.TempDir(), t.TempDir()
	if err := errors.Join(os.Chmod(shared, 0o777), os.Chmod(own, 0o755)); err != nil {
		t.Fatal(err)
	}
	target, link, dangling := filepath.Join(own, "target"), filepath.Join(own, "link"), filepath.Join(own, "dangling")
	if err := errors.Join(open(target), os.Symlink(target, link), os.Symlink(filepath.Join(own, "fresh"), dangling)); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{link, dangling} {
		if err := open(path); err == nil || !strings.Contains(err.Error(), "symbolic link") {
			t.Errorf("%s: %v", path, err)
		}
	}
	plain := filepath.Join(shared, "plain")
	if err := open(plain); err != nil {
		t.Fatal(err)
	}
	if err := os.Link(plain, filepath.Join(shared, "second")); err != nil {
		t.Fatal(err)
	}
	if err := open(plain); err == nil {
		t.Error("a file with a second name was opened")
	}
	if os.Geteuid() == 0 {
		foreign := filepath.Join(shared, "foreign")
		if err := errors.Join(open(foreign), os.Chown(foreign, 12345, -1)); err != nil {
			t.Fatal(err)
		}
		if err := open(foreign); err == nil {
			t.Error("another user's file was opened")
		}
	}
}
