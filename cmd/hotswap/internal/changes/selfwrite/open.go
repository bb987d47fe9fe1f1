package selfwrite

import "time"

// settled is how long after a generation began or ended its files still count as open: a
// database is written once more when it is closed.
const settled = 5 * time.Second

// ID identifies a file, whatever its name.
type ID struct{ Dev, Ino uint64 }

// File is a changed file as it is now. A file that is gone has no ID.
type File struct {
	Name string
	ID   ID
	Gone bool
}

// Open remembers which files the program had open for writing. The zero value is ready.
type Open struct{ was map[string]ID }

// Owns reports whether the program wrote the file itself. open are the files that it has
// open now; stirred is when a generation last began or ended.
func (o *Open) Owns(now, stirred time.Time, f File, open map[ID]bool) bool {
	if !f.Gone && open[f.ID] {
		if o.was == nil {
			o.was = map[string]ID{}
		}
		o.was[f.Name] = f.ID
		return true
	}
	was, known := o.was[f.Name]
	switch {
	case !known:
		return false
	case f.Gone: // a log that was rotated, a journal that was committed
		return true
	case f.ID == was && now.Sub(stirred) < settled:
		return true
	}
	delete(o.was, f.Name) // others have put it there
	return false
}
