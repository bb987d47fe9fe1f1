package changes

import "time"

// afterClosing is how long after a generation began or ended its files still count as open: a
// database is written once more when it is closed.
const afterClosing = 5 * time.Second

// fileNow is a changed file as it is now.
type fileNow struct {
	name string
	id   any // identifies the file, whatever its name; comparable
	gone bool
}

// openFiles remembers which files the program had open for writing. The zero value is ready.
type openFiles struct{ was map[string]any }

// owns reports whether the program wrote the file itself. open: it has the file open now;
// stirred is when a generation last began or ended.
func (o *openFiles) owns(now, stirred time.Time, f fileNow, open bool) bool {
	if !f.gone && open {
		if o.was == nil {
			o.was = map[string]any{}
		}
		o.was[f.name] = f.id
		return true
	}
	was, known := o.was[f.name]
	switch {
	case !known:
		return false
	case f.gone: // a log that was rotated, a journal that was committed
		return true
	case f.id == was && now.Sub(stirred) < afterClosing:
		return true
	}
	delete(o.was, f.name) // others have put it there
	return false
}
