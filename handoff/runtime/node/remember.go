package node

import "github.com/hotswap-dev/hotswap/handoff/runtime/assets"

// rememberVar names the folder with what the adapters remember (js/remember).
const rememberVar = "HOTSWAP_REMEMBER"

// rememberedName is that folder's name in hotswap's cache. Node executes what it finds there.
const rememberedName = "remembered"

// Remember has the adapters remember how the program's modules were resolved and transformed, for the next
// process. It is called before the first Prepare.
func (t *Transport) Remember() {
	t.remembered = func() (string, error) { return assets.Cache(rememberedName) }
}

// Remembered says how many files of a generation came from the record, or why none did; "": nothing could, or that is not
// known yet.
func (a *Session) Remembered() string {
	if a == nil {
		return ""
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.remembered
}

// noteRemembered notes what the first process says that loads by a loader. A process remembers nothing more when it has
// said that.
func (a *Session) noteRemembered(what string) {
	a.mu.Lock()
	first := what != "" && a.remembered == ""
	if first {
		a.remembered = what
	}
	a.mu.Unlock()
	if first && a.of.OnRemembered != nil {
		a.of.OnRemembered(a.gen, what)
	}
}

// withRemembered adds the folder, if there is one.
func (t *Transport) withRemembered(env []string) []string {
	if t.remembered == nil {
		return env
	}
	dir, err := t.remembered()
	if err != nil {
		return env // starts are slower
	}
	return append(env, rememberVar+"="+dir)
}
