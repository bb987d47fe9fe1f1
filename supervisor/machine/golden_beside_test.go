package machine

import "testing"

// The request for the first generation does nothing where a save came first.
func TestStoryLateBegin(t *testing.T) {
	newStory(t, Policy{Watching: true}).on(save("a.ts"), begin).want(`
		0.000 batch a.ts
			start 1 change a.ts
	`)
}
