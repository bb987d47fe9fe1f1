//go:build !linux

package kept

type watcher struct{}

// watchLocked does nothing: a descriptor stays until the program drops it.
func (t *Table) watchLocked(int) {}

func (t *Table) unwatchLocked(int) {}
