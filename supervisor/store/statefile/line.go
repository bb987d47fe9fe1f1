package statefile

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"iter"
	"maps"
	"slices"
	"strconv"

	"github.com/hotswap-dev/hotswap/supervisor/store"
)

// head is the first line of a file. The number is the version of the format.
const head = "hotswap state 1\n"

// record is a line: what a commit has changed.
type record struct {
	Version uint64 // the highest that was given
	Changes []store.Change
}

// digits is the length of a checksum.
const digits = 8

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// encode returns a line: the checksum (CRC-32C) in hexadecimal, a space, and the record, which has no line feed.
func encode(r record) ([]byte, error) {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%0*x ", digits, 0)
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(r); err != nil { // adds the line feed
		return nil, err
	}
	line := b.Bytes()
	copy(line, fmt.Sprintf("%0*x", digits, crc32.Checksum(line[digits+1:len(line)-1], castagnoli)))
	return line, nil
}

// decode reads a line without its line feed.
func decode(line []byte) (r record, err error) {
	if len(line) <= digits || line[digits] != ' ' {
		return r, errors.New("no checksum")
	}
	sum, err := strconv.ParseUint(string(line[:digits]), 16, 32)
	if text := line[digits+1:]; err != nil || uint32(sum) != crc32.Checksum(text, castagnoli) {
		return r, errors.New("wrong checksum")
	} else if err := json.Unmarshal(text, &r); err != nil {
		return r, err
	}
	for _, c := range r.Changes {
		if v := c.Item.Version; !c.Deleted && (v == 0 || v > r.Version || (c.Item.Value.JSON == nil) == (c.Item.Value.Bytes == nil)) {
			return r, fmt.Errorf("key %.80q is incomplete", c.Item.Key)
		}
	}
	return r, nil
}

// Write writes what a file has.
func Write(to io.Writer, version uint64, all iter.Seq[store.Item]) error {
	w := bufio.NewWriterSize(to, 1<<20)
	_, _ = w.WriteString(head) // Flush has its error
	add := func(changes ...store.Change) error {
		line, err := encode(record{version, changes})
		if err == nil {
			_, err = w.Write(line)
		}
		return err
	}
	if err := add(); err != nil {
		return err
	}
	for item := range all {
		if err := add(store.Change{Item: item}); err != nil {
			return err
		}
	}
	return w.Flush()
}

// Read passes what a file has to add. whole is the size without the line at the end that is not complete: its
// commit was under way when a process was killed, or the machine lost its power, which may leave zeros.
func Read(from io.Reader, add func(store.Item) error) (version uint64, whole int64, err error) {
	in := bufio.NewReaderSize(from, 1<<20)
	items := map[string]store.Item{}
	for number := 1; ; number++ {
		line, err := in.ReadBytes('\n')
		if err == io.EOF {
			break
		}
		var r record
		switch {
		case err != nil:
			return 0, 0, err
		case number > 1:
			r, err = decode(line[:len(line)-1])
		case string(line) != head:
			err = errors.New("another format")
		}
		if err != nil {
			if _, more := in.Peek(1); more == io.EOF && bytes.IndexByte(line, 0) >= 0 {
				break
			}
			return 0, 0, fmt.Errorf("%w (line %d: %w)", ErrDamaged, number, err)
		}
		whole += int64(len(line))
		version = max(version, r.Version)
		for _, c := range r.Changes {
			if c.Deleted {
				delete(items, c.Item.Key)
			} else {
				items[c.Item.Key] = c.Item
			}
		}
	}
	for _, key := range slices.Sorted(maps.Keys(items)) {
		if err := add(items[key]); err != nil {
			return 0, 0, fmt.Errorf("%w (%w)", ErrDamaged, err)
		}
	}
	return version, whole, nil
}
