package statefile

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"time"

	"github.com/hotswap-dev/hotswap/supervisor/store"
)

// A record is, in big endian:
//
//	4 bytes  CRC-32C of the key and of what follows
//	8 bytes  the version
//	8 bytes  when the item expires, in milliseconds since 1970; 0: never
//	1 byte   'j' for JSON, 'b' for bytes
//	         the value
const head = 4 + 8 + 8 + 1

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func sum(key string, rest []byte) uint32 {
	return crc32.Update(crc32.Checksum([]byte(key), castagnoli), castagnoli, rest)
}

// encode returns the record of an item.
func encode(item store.Item) []byte {
	value, kind, expires := item.Value.JSON, byte('j'), int64(0)
	if item.Value.Bytes != nil {
		value, kind = item.Value.Bytes, 'b'
	}
	if !item.Expires.IsZero() {
		expires = item.Expires.UnixMilli()
	}
	b := make([]byte, 4, head+len(value))
	b = binary.BigEndian.AppendUint64(b, item.Version)
	b = binary.BigEndian.AppendUint64(b, uint64(expires))
	b = append(append(b, kind), value...)
	binary.BigEndian.PutUint32(b, sum(item.Key, b[4:]))
	return b
}

// decode returns the item of a record, and shares no memory with it.
func decode(key string, record []byte) (store.Item, error) {
	switch {
	case len(record) < head:
		return store.Item{}, errors.New("the record is too short")
	case binary.BigEndian.Uint32(record) != sum(key, record[4:]):
		return store.Item{}, errors.New("wrong checksum")
	}
	item := store.Item{Key: key, Version: binary.BigEndian.Uint64(record[4:])}
	if expires := int64(binary.BigEndian.Uint64(record[12:])); expires != 0 {
		item.Expires = time.UnixMilli(expires)
	}
	value := append([]byte{}, record[head:]...)
	switch kind := record[20]; {
	case item.Version == 0:
		return store.Item{}, errors.New("no version")
	case kind == 'j':
		item.Value.JSON = value
	case kind == 'b':
		item.Value.Bytes = value
	default:
		return store.Item{}, errors.New("neither JSON nor bytes")
	}
	return item, nil
}
