package statefile

import (
	"encoding/binary"
	"fmt"

	"go.etcd.io/bbolt"

	"github.com/hotswap-dev/hotswap/supervisor/store"
)

// Load calls add for each item.
func (f *File) Load(add func(store.Item) error) (version uint64, err error) {
	err = guarded(func() error {
		return f.db.View(func(tx *bbolt.Tx) error {
			version = binary.BigEndian.Uint64(tx.Bucket(bucketFile).Get(keyVersion))
			return tx.Bucket(bucketState).ForEach(func(key, record []byte) error {
				item, err := decode(string(key), record)
				if err == nil && item.Version > version {
					err = fmt.Errorf("version %d, the last is %d", item.Version, version)
				}
				if err == nil {
					err = add(item)
				}
				if err != nil {
					return fmt.Errorf("%w (key %.80q: %w)", ErrDamaged, key, err)
				}
				return nil
			})
		})
	})
	return version, err
}

// Commit writes the changes in one transaction.
func (f *File) Commit(changes []store.Change, version uint64) error {
	return f.update(func(tx *bbolt.Tx) error {
		state := tx.Bucket(bucketState)
		for _, c := range changes {
			var err error
			if key := []byte(c.Item.Key); c.Deleted {
				err = state.Delete(key)
			} else {
				err = state.Put(key, encode(c.Item))
			}
			if err != nil {
				return fmt.Errorf("key %.80q: %w", c.Item.Key, err)
			}
		}
		return tx.Bucket(bucketFile).Put(keyVersion, binary.BigEndian.AppendUint64(nil, version))
	})
}
