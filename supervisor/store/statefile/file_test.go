package statefile

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.etcd.io/bbolt"

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
	s, err := store.Open(store.Limits{}, f)
	if err != nil {
		_ = f.Close()
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func set(t *testing.T, s *store.Store, key string, v store.Value, ttl time.Duration) uint64 {
	t.Helper()
	version, err := s.Set(key, v, store.Write{TTL: ttl})
	if err != nil {
		t.Fatal(err)
	}
	return version
}

func TestItemsSurvive(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.db")
	s := opened(t, path)
	set(t, s, "json", js(`{"a":"ü"}`), 0)
	set(t, s, "bytes", store.Value{Bytes: []byte{0, 255}}, 0)
	set(t, s, "empty", store.Value{Bytes: []byte{}}, 0)
	set(t, s, "long\n/ü", store.Value{Bytes: make([]byte, 1<<20)}, 0)
	set(t, s, "limited", js("1"), time.Hour)
	limited, _ := s.Get("limited")
	set(t, s, "deleted", js("1"), 0)
	if err := s.Sync(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.Delete("deleted", nil)
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
		"limited": {Value: js("1"), Version: 5, Expires: limited.Expires.Truncate(time.Millisecond)},
	} {
		got, ok := s.Get(key)
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
	page := os.Getpagesize()
	changed := func(change func(b []byte) []byte) []byte { return change(slices.Clone(content)) }
	cases := map[string][]byte{
		"text":       []byte("state: 1\n"),
		"zeros":      make([]byte, 4*page),
		"two pages":  content[:2*page],
		"cut":        content[:len(bytes.TrimRight(content, "\x00"))/page*page],
		"other":      otherDatabase(t),
		"no metas":   changed(func(b []byte) []byte { clear(b[:2*page]); return b }),
		"one bit":    changed(func(b []byte) []byte { b[bytes.Index(b, []byte("valuevalue"))] ^= 1; return b }),
		"no records": changed(func(b []byte) []byte { clear(b[2*page:]); return b }),
	}
	random := rand.New(rand.NewPCG(1, 2))
	for i := range 20 {
		cases[fmt.Sprint("noise ", i)] = changed(func(b []byte) []byte {
			at := 2*page + random.IntN(len(b)-3*page)
			for j := range page {
				b[at+j] = byte(random.Uint32())
			}
			return b
		})
	}
	for name, damaged := range cases {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "state.db")
			if err := os.WriteFile(path, damaged, 0o600); err != nil {
				t.Fatal(err)
			}
			f, err := Open(path)
			if err == nil {
				_, err = store.Open(store.Limits{}, f)
				_ = f.Close()
			}
			if strings.HasPrefix(name, "noise") && err == nil {
				if s := opened(t, path); s.Stats().Keys != 50 {
					t.Errorf("%d keys are left", s.Stats().Keys)
				}
				return // the noise hit a page that is free
			}
			if !errors.Is(err, ErrDamaged) {
				t.Fatal(err)
			}
			if strings.Contains(err.Error(), "\n") || len(err.Error()) > 400 {
				t.Errorf("not one clear line: %q", err)
			}
			if got, err := os.ReadFile(path); err != nil || !bytes.Equal(got, damaged) {
				t.Error("the file was changed", err)
			}
		})
	}
}

func otherDatabase(t *testing.T) []byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), "other.db")
	db, err := bbolt.Open(path, 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	err = db.Update(func(tx *bbolt.Tx) error {
		_, err := tx.CreateBucket([]byte("users"))
		return err
	})
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestFileOfANewerHotswap(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.db")
	f, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	err = f.update(func(tx *bbolt.Tx) error { return tx.Bucket(bucketFile).Put(keyFormat, []byte("2")) })
	if err := errors.Join(err, f.Close()); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(path); err == nil || err.Error() != `the file has format "2", and this hotswap reads "1"` {
		t.Error(err)
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

// What a process has left that was killed while it made the file is no hindrance.
func TestLeftoverOfCreation(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.db")
	if err := os.WriteFile(path+".new", []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	opened(t, path)
	if _, err := os.Stat(path + ".new"); err == nil {
		t.Error("it is still there")
	}
}

func TestRecords(t *testing.T) {
	record := encode(store.Item{Key: "a", Value: js("1"), Version: 7})
	if item, err := decode("a", record); err != nil || item.Version != 7 || string(item.Value.JSON) != "1" {
		t.Error(item, err)
	}
	if _, err := decode("b", record); err == nil {
		t.Error("a record belongs to its key")
	}
	for i := range record {
		wrong := slices.Clone(record)
		wrong[i] ^= 4
		if _, err := decode("a", wrong); err == nil {
			t.Errorf("byte %d is wrong", i)
		}
		if _, err := decode("a", record[:i]); err == nil {
			t.Errorf("only %d bytes", i)
		}
	}
}

func FuzzRecord(f *testing.F) {
	f.Add("a", encode(store.Item{Key: "a", Value: js("1"), Version: 7, Expires: time.UnixMilli(1e12)}))
	f.Add("b", encode(store.Item{Key: "b", Value: store.Value{Bytes: []byte{}}, Version: 1}))
	f.Fuzz(func(t *testing.T, key string, record []byte) {
		item, err := decode(key, record)
		if err == nil && !bytes.Equal(encode(item), record) {
			t.Errorf("%+v", item)
		}
	})
}

// The file grows with what the store has at once, not with what was ever written.
func TestFileStaysSmall(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.db")
	f, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	f.db.NoSync, f.db.NoGrowSync = true, false
	s, err := store.Open(store.Limits{}, f)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	rounds := 400
	if testing.Short() {
		rounds = 40
	}
	random := rand.New(rand.NewPCG(1, 2))
	value := make([]byte, 1<<20)
	written := 0
	for i := range rounds {
		for range 1 + random.IntN(8) {
			size := random.IntN(1 << (4 + random.IntN(17)))
			_, err := s.Set(fmt.Sprint(random.IntN(1000)), store.Value{Bytes: value[:size]}, store.Write{})
			if errors.Is(err, store.ErrFull) {
				s.Delete(fmt.Sprint(random.IntN(1000)), nil)
			}
			written += size
		}
		if err := s.Sync(t.Context()); err != nil {
			t.Fatal(err)
		}
		if i%50 == 49 {
			info, err := os.Stat(path)
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("%d MiB written, %d MiB in the store, %d MiB the file", written>>20, s.Stats().Bytes>>20, info.Size()>>20)
		}
	}
}

// Some file systems have no hard links.
func TestFileSystemWithoutLinks(t *testing.T) {
	defer func() { link = os.Link }()
	link = func(from, to string) error { return &os.LinkError{Op: "link", Old: from, New: to, Err: syscall.EPERM} }
	path := filepath.Join(t.TempDir(), "state")
	f, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path + ".new"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("something is left: %v", err)
	}
	fresh := filepath.Join(t.TempDir(), "fresh")
	if err := os.WriteFile(fresh, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := publish(fresh, path); runtime.GOOS == "linux" && !errors.Is(err, fs.ErrExist) {
		t.Errorf("a file that another process has made meanwhile is replaced: %v", err)
	}
}
