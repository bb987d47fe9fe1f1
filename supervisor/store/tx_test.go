package store

// The methods of a Tx, each by itself. What the journal says is the error of a write.

func (s *Store) Get(key string) (i Item, ok bool) {
	_ = s.Do(func(tx *Tx) { i, ok = tx.Get(key) })
	return i, ok
}

func (s *Store) Set(key string, v Value, w Write) (version uint64, err error) {
	failed := s.Do(func(tx *Tx) {
		var item Item
		item, err = tx.Set(key, v, w)
		version = item.Version
	})
	return version, first(failed, err)
}

func (s *Store) Add(key string, by int64) (i Item, err error) {
	failed := s.Do(func(tx *Tx) { i, err = tx.Add(key, by) })
	return i, first(failed, err)
}

func (s *Store) Delete(key string, ifVersion *uint64) (ok bool, err error) {
	failed := s.Do(func(tx *Tx) { ok, err = tx.Delete(key, ifVersion) })
	return ok, first(failed, err)
}

func (s *Store) List(prefix, after string, limit int) (infos []Info, more bool) {
	_ = s.Do(func(tx *Tx) { infos, more = tx.List(prefix, after, limit) })
	return infos, more
}

func first(a, b error) error {
	if a != nil {
		return a
	}
	return b
}
