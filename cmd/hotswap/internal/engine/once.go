package engine

import "sync"

// once calls say for an error unless the error before was the same: what is so for one
// generation is so for those that follow.
func Once(say func(error)) func(error) {
	var mu sync.Mutex
	last := ""
	return func(err error) {
		mu.Lock()
		defer mu.Unlock()
		if text := err.Error(); text != last {
			last = text
			say(err)
		}
	}
}
