package statefile

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/fnv"
)

// bbolt trusts its pages: a damaged one makes it panic, read beyond the map, or walk in a circle. So walk reads
// the whole file first. It accepts what bbolt writes with a free list (go.etcd.io/bbolt/internal/common: Page,
// Meta, InBucket, leafPageElement, branchPageElement), in which each page has one use.
const (
	pageHead, elementSize, bucketHead, metaSize = 16, 16, 16, 64 // Meta's checksum stands at its end

	magic, version                                      = 0xED0CDAED, 2
	branchPage, leafPage, metaPage, freelistPage        = 0x01, 0x02, 0x04, 0x10
	bucketLeaf                                          = 0x01
	smallestPage, largestPage                           = 1 << 10, 1 << 24
	deepest                                             = 64 // levels of pages and buckets
	firstPage                                    uint64 = 2  // behind both metas
)

var order = binary.NativeEndian

// meta is the part of a meta page that says where everything is.
type meta struct {
	pageSize                  int
	root, freelist, end, txid uint64
}

// readMeta reads a meta page and reports whether its checksum is right.
func readMeta(b []byte, at int) (m meta, ok bool) {
	if at < 0 || at+pageHead+metaSize > len(b) {
		return m, false
	}
	b = b[at+pageHead:]
	sum := fnv.New64a()
	_, _ = sum.Write(b[:metaSize-8])
	m = meta{
		pageSize: int(order.Uint32(b[8:])), root: order.Uint64(b[16:]), freelist: order.Uint64(b[32:]),
		end: order.Uint64(b[40:]), txid: order.Uint64(b[48:]),
	}
	return m, order.Uint32(b) == magic && order.Uint32(b[4:]) == version && order.Uint64(b[56:]) == sum.Sum64()
}

// newestMeta returns the meta that bbolt uses: of the valid ones that of the last transaction. One may be
// damaged, as a process that was killed leaves it.
func newestMeta(b []byte) (meta, error) {
	m, ok := readMeta(b, 0)
	for at := smallestPage; !ok && at <= largestPage; at *= 2 {
		m, ok = readMeta(b, at)
		ok = ok && m.pageSize == at
	}
	if !ok || m.pageSize < smallestPage || m.pageSize > largestPage || m.pageSize&(m.pageSize-1) != 0 {
		return m, damaged("it has no valid beginning")
	}
	if second, ok := readMeta(b, m.pageSize); ok && second.txid > m.txid {
		if second.pageSize != m.pageSize {
			return m, damaged("its beginnings differ")
		}
		m = second
	}
	if m.end < firstPage || m.end > uint64(len(b)/m.pageSize) {
		return m, damaged("its end is missing")
	}
	for id := range firstPage {
		if page := b[id*uint64(m.pageSize):]; order.Uint64(page) != id || order.Uint16(page[8:]) != metaPage {
			return m, damaged("page %d is no beginning", id)
		}
	}
	return m, nil
}

func damaged(format string, args ...any) error {
	return fmt.Errorf("%w (%s)", ErrDamaged, fmt.Sprintf(format, args...))
}

// walker reads the pages of one state of the database.
type walker struct {
	b        []byte
	pageSize int
	end      uint64 // behind the last page
	seen     []bool // by page
}

// walk returns an error if b is not a database that bbolt can read and write.
func walk(b []byte) error {
	m, err := newestMeta(b)
	if err != nil {
		return err
	}
	w := &walker{b: b, pageSize: m.pageSize, end: m.end, seen: make([]bool, m.end)}
	if err := w.tree(m.root, nil, nil, 0); err != nil {
		return err
	}
	if err := w.freelist(m.freelist); err != nil {
		return err
	}
	for id := firstPage; id < w.end; id++ {
		if !w.seen[id] {
			return damaged("page %d has no use", id)
		}
	}
	return nil
}

// use notes that pages are used, and returns an error if they are used already or not there.
func (w *walker) use(id, more uint64) error {
	if id < firstPage || id >= w.end || more >= w.end-id {
		return damaged("page %d is not there", id)
	}
	for i := id; i <= id+more; i++ {
		if w.seen[i] {
			return damaged("page %d has two uses", i)
		}
		w.seen[i] = true
	}
	return nil
}

// page returns the content of a page with those that continue it.
func (w *walker) page(id uint64) ([]byte, error) {
	if id >= w.end {
		return nil, damaged("page %d is not there", id)
	}
	b := w.b[id*uint64(w.pageSize):]
	more := uint64(order.Uint32(b[12:]))
	if err := w.use(id, more); err != nil {
		return nil, err
	}
	if order.Uint64(b) != id {
		return nil, damaged("page %d is another one", id)
	}
	return b[:(more+1)*uint64(w.pageSize)], nil
}

func (w *walker) freelist(id uint64) error {
	b, err := w.page(id)
	if err != nil {
		return err
	}
	flags, count := order.Uint16(b[8:]), uint64(order.Uint16(b[10:]))
	b = b[pageHead:]
	if count == 0xffff {
		count, b = order.Uint64(b), b[8:]
	}
	if flags != freelistPage || count > uint64(len(b)/8) {
		return damaged("page %d is no list of free pages", id)
	}
	for i := range count {
		if err := w.use(order.Uint64(b[8*i:]), 0); err != nil {
			return err
		}
	}
	return nil
}

// tree reads the page and those below it, whose keys must begin with first and be below end, unless these are nil.
// bbolt finds a page in the one above it by its first key.
func (w *walker) tree(id uint64, first, end []byte, depth int) error {
	b, err := w.page(id)
	if err != nil {
		return err
	}
	return w.elements(b, id, first, end, depth)
}

func (w *walker) elements(b []byte, id uint64, first, end []byte, depth int) error {
	flags, count := order.Uint16(b[8:]), int(order.Uint16(b[10:]))
	branch := flags == branchPage
	if depth > deepest || !branch && flags != leafPage || count == 0 && (branch || first != nil) || pageHead+count*elementSize > len(b) {
		return damaged("page %d is no part of a tree", id)
	}
	keys := make([][]byte, count)
	for i := range count {
		e := b[pageHead+i*elementSize:]
		kind, at, size, value := uint32(0), uint64(order.Uint32(e)), uint64(order.Uint32(e[4:])), uint64(0)
		if !branch {
			kind, at, size, value = order.Uint32(e), uint64(order.Uint32(e[4:])), uint64(order.Uint32(e[8:])), uint64(order.Uint32(e[12:]))
		}
		if size == 0 || at+size+value > uint64(len(e)) || kind > bucketLeaf {
			return damaged("an entry of page %d is outside", id)
		}
		key := e[at : at+size]
		if i == 0 && first != nil && !bytes.Equal(key, first) || end != nil && bytes.Compare(key, end) >= 0 || i > 0 && bytes.Compare(keys[i-1], key) >= 0 {
			return damaged("the keys of page %d are not in order", id)
		}
		keys[i] = key
		if kind == bucketLeaf {
			if err := w.bucket(e[at+size:at+size+value], id, depth); err != nil {
				return err
			}
		}
	}
	for i := 0; branch && i < count; i++ {
		below := end
		if i+1 < count {
			below = keys[i+1]
		}
		if err := w.tree(order.Uint64(b[pageHead+i*elementSize+8:]), keys[i], below, depth+1); err != nil {
			return err
		}
	}
	return nil
}

// bucket reads a bucket: its head, and a small one's only page behind that.
func (w *walker) bucket(b []byte, id uint64, depth int) error {
	if len(b) < bucketHead {
		return damaged("a bucket in page %d is too short", id)
	}
	if root := order.Uint64(b); root != 0 {
		return w.tree(root, nil, nil, depth+1)
	}
	b = b[bucketHead:]
	if len(b) < pageHead || order.Uint16(b[8:]) != leafPage {
		return damaged("a bucket in page %d is no tree", id)
	}
	return w.elements(b, id, nil, nil, depth+1)
}
