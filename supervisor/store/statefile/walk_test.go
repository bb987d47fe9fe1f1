package statefile

import (
	"errors"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"go.etcd.io/bbolt"

	"github.com/hotswap-dev/hotswap/supervisor/store"
)

// database returns a file that has branch pages, pages of several parts, small buckets and free pages.
func database(t testing.TB, keys int) []byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), "state.db")
	f, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	f.db.NoSync = true
	for round := range 3 {
		var changes []store.Change
		for i := range keys {
			item := store.Item{Key: fmt.Sprint("key ", i), Value: store.Value{Bytes: make([]byte, i%7*(1+i%300))}, Version: uint64(1 + i)}
			changes = append(changes, store.Change{Item: item, Deleted: round == 2 && i%3 == 0})
		}
		if err := f.Commit(changes, uint64(keys)); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// accepted checks that what walk accepts, bbolt can read and write.
func accepted(t testing.TB, b []byte) {
	t.Helper()
	if walk(b) != nil {
		return
	}
	path := filepath.Join(t.TempDir(), "state.db")
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	db, err := open(path, os.OpenFile)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	db.NoSync = true
	err = db.Update(func(tx *bbolt.Tx) error {
		for err := range tx.Check() {
			t.Error(err)
		}
		state, err := tx.CreateBucketIfNotExists(bucketState)
		if err != nil {
			return nil // the name is a key's
		}
		var keys [][]byte
		_ = state.ForEach(func(key, _ []byte) error { keys = append(keys, append([]byte{}, key...)); return nil })
		for i, key := range keys {
			if i%2 == 0 {
				_ = state.Delete(key) // fails for a bucket
			} else {
				_ = state.Put(key, make([]byte, i%5000))
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestWalkAcceptsWhatBboltWrites(t *testing.T) {
	for _, keys := range []int{0, 1, 50, 3000} {
		b := database(t, keys)
		if err := walk(b); err != nil {
			t.Errorf("%d keys: %v", keys, err)
		}
		accepted(t, b)
		for _, at := range []int{0, os.Getpagesize()} { // one of both metas is enough
			torn := append([]byte{}, b...)
			torn[at+pageHead+50] ^= 1
			if err := walk(torn); at == 0 && err == nil {
				accepted(t, torn)
			}
		}
	}
}

func TestWalkAcceptsEachCommit(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.db")
	f, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	f.db.NoSync = true
	random := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		var changes []store.Change
		for range 1 + random.IntN(40) {
			item := store.Item{Key: fmt.Sprint(random.IntN(2000)), Value: store.Value{Bytes: make([]byte, random.IntN(1+random.IntN(9000)))}, Version: 1}
			changes = append(changes, store.Change{Item: item, Deleted: random.IntN(3) == 0})
		}
		if err := f.Commit(changes, 1); err != nil {
			t.Fatal(err)
		}
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := walk(b); err != nil {
			t.Fatal(err)
		}
	}
}

// Bits are flipped, words written and ends cut off: Open says so in time, or the file works.
func TestDamageOfManyKinds(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	refused := 0
	const tries = 1500
	intact := [][]byte{database(t, 3), database(t, 150)}
	for i := range tries {
		b := append([]byte{}, intact[i%2]...)
		page := random.IntN(len(b)/os.Getpagesize()) * os.Getpagesize()
		at := page + random.IntN(200) // heads and entries
		switch i % 5 {
		case 0:
			b[at] ^= 1 << random.IntN(8)
		case 1:
			b[at] = byte(random.Uint32())
		case 2:
			order.PutUint64(b[at:], uint64(random.IntN(len(b)/os.Getpagesize())))
		case 3:
			b = b[:random.IntN(len(b))]
		case 4:
			copy(b[page:], b[random.IntN(len(b)/os.Getpagesize())*os.Getpagesize():][:os.Getpagesize()])
		}
		if walk(b) != nil {
			refused++
		}
		accepted(t, b)
	}
	if refused < tries/4 {
		t.Errorf("%d of %d were refused", refused, tries)
	}
}

// sign gives a meta page the right checksum.
func sign(b []byte) {
	sum := fnv.New64a()
	_, _ = sum.Write(b[pageHead : pageHead+metaSize-8])
	order.PutUint64(b[pageHead+metaSize-8:], sum.Sum64())
}

func FuzzWalk(f *testing.F) {
	small, large := database(f, 3), database(f, 400)
	f.Add(false, []byte{8, 0, 3})
	f.Add(true, []byte{0, 40, 9, 1, 2, 3})
	f.Fuzz(func(t *testing.T, many bool, edits []byte) {
		b := append([]byte{}, small...)
		if many {
			b = append([]byte{}, large...)
		}
		for ; len(edits) >= 4; edits = edits[4:] { // a page, a place near its beginning, a value
			b[int(edits[0])%(len(b)/os.Getpagesize())*os.Getpagesize()+int(edits[1])+int(edits[2])%4*256] = edits[3]
		}
		for at := range 2 { // the checksum is right
			if m, _ := readMeta(b, at*os.Getpagesize()); m.pageSize == os.Getpagesize() {
				sign(b[at*os.Getpagesize():])
			}
		}
		accepted(t, b)
	})
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
	target := filepath.Join(own, "target")
	if err := open(target); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{shared, own} {
		if err := errors.Join(os.Symlink(target, filepath.Join(dir, "link")), os.Symlink(filepath.Join(own, "fresh"), filepath.Join(dir, "dangling"))); err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"link", "dangling"} {
			if err := open(filepath.Join(dir, name)); (err != nil) != (dir == shared) {
				t.Errorf("%s in %s: %v", name, dir, err)
			}
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
