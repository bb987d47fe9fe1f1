package selfwrite

// most is how many files are remembered at least: a program may write ever new ones.
const most = 5000

// Newest maps names of files to values, and forgets those that were set long ago. The zero value is ready.
type Newest[V any] struct{ young, old map[string]V }

// Get returns the value of a name, if it is remembered.
func (n *Newest[V]) Get(name string) (v V, ok bool) {
	if v, ok = n.young[name]; !ok {
		v, ok = n.old[name]
	}
	return v, ok
}

// Set sets the value of a name, which makes that name the newest.
func (n *Newest[V]) Set(name string, v V) {
	if n.young == nil || len(n.young) == most {
		n.young, n.old = map[string]V{}, n.young
	}
	n.young[name] = v
}

// Delete forgets a name.
func (n *Newest[V]) Delete(name string) {
	delete(n.young, name)
	delete(n.old, name)
}
