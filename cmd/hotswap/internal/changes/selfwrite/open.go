package selfwrite

import "time"

// Settled is the time after the start or end of a generation in which its files still count as open: a database is written once
// more when it is closed.
const Settled = 5 * time.Second

// File is a changed file as it is now.
type File struct {
	Name string
	ID   any // identifies the file, whatever its name; comparable
	Gone bool
}

// Open remembers which files the program had open for writing. The zero value is ready.
type Open struct{ was Newest[any] }

// Owns reports whether the program wrote the file. open says that the program has the file open now. stirred is when a
// generation last began or ended.
func (o *Open) Owns(now, stirred time.Time, f File, open bool) bool {
	if !f.Gone && open {
		o.was.Set(f.Name, f.ID)
		return true
	}
	was, known := o.was.Get(f.Name)
	switch {
	case !known:
		return false
	case f.Gone: // a log that was rotated, a journal that was committed
		o.was.Set(f.Name, was)
		return true
	case f.ID == was && now.Sub(stirred) < Settled:
		return true
	}
	o.was.Delete(f.Name) // others have put it there
	return false
}
