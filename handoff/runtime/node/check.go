package node

import "context"

// Checks reports whether a thread can be asked to check files.
func (a *Session) Checks() bool { return a.any(func(t *thread) bool { return t.Checks }) }

// Check has each thread compile those of the files that it has loaded, by the loaders that the program has installed. Nothing of
// the files runs. Check returns the error of a file that a thread could not compile; nil: before ctx ended no thread knew of
// one.
func (a *Session) Check(ctx context.Context, files []string) (lines []string) {
	a.mu.Lock()
	a.checks++
	seq := a.checks
	var asked []*thread
	for t := range a.threads {
		if t.Checks {
			asked = append(asked, t)
			t.Send(order{Type: "check", Seq: seq, Files: files}, nil)
		}
	}
	a.mu.Unlock()
	_ = a.Wait(ctx, func(State) bool {
		a.mu.Lock()
		defer a.mu.Unlock()
		all := true
		for _, t := range asked {
			if t.checked.Seq == seq && len(t.checked.Lines) > 0 {
				lines = t.checked.Lines
				return true
			}
			all = all && (t.checked.Seq == seq || !a.threads[t])
		}
		return all
	})
	return lines
}
