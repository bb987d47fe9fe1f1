package child

import (
	"fmt"
	"sync"
)

// locals are the values of Local.
var locals struct {
	sync.Mutex // guards the map; an initializer runs without it
	m          map[string]any
}

// Local returns the value that f returned at the first call with this key in this process. Other callers
// wait for f. It is for what cannot leave the process: functions, pools, open connections. An f that
// asks for its own key waits for ever. A value of another type under the same key is a
// mistake in the program, and Local panics.
func Local[T any](key string, f func() T) T {
	locals.Lock()
	if locals.m == nil {
		locals.m = map[string]any{}
	}
	once, found := locals.m[key]
	if !found {
		once = sync.OnceValue(f)
		locals.m[key] = once
	}
	locals.Unlock()
	get, ok := once.(func() T)
	if !ok {
		panic(fmt.Sprintf("child: local %q is a %T, not a func() %T", key, once, *new(T)))
	}
	return get()
}
