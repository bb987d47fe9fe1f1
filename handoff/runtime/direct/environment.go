package direct

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"strings"
)

// most bounds an environment, in bytes.
const most = 1 << 20

// variables returns an environment by names, or says why it is not the one with which a process was executed: programs
// may write over that (setproctitle).
func variables(env []string) (map[string]string, error) {
	out, size := map[string]string{}, 0
	for _, kv := range env {
		name, value, ok := strings.Cut(kv, "=")
		if _, twice := out[name]; !ok || name == "" || twice {
			return nil, errors.New("its environment is not what it was")
		}
		if size += len(kv); size > most {
			return nil, errors.New("its environment is too large")
		}
		out[name] = value
	}
	return out, nil
}

// renewed reports whether hotswap may give each generation another value.
func renewed(name string) bool {
	return strings.HasPrefix(name, "HOTSWAP_") || strings.HasPrefix(name, "LISTEN_") || name == "NOTIFY_SOCKET"
}

// shortest is the length in bytes from which on a value is looked for in other values: a number may be there by chance.
const shortest = 4

// environment returns the environment of the program as its launchers would make it now. began is what hotswap gave the
// command, then what the program got from its launchers, and now what hotswap would give the command.
func environment(began, then, now []string) ([]string, error) {
	given, err := variables(began)
	got, err2 := variables(then)
	if err := cmp.Or(err, err2); err != nil {
		return nil, err
	}
	gives := map[string]string{}
	for _, kv := range now {
		name, value, _ := strings.Cut(kv, "=")
		gives[name] = value // the last counts
	}
	changed := map[string]string{} // name → what it was
	all := maps.Clone(gives)
	maps.Copy(all, given)
	for name := range all {
		was, had := given[name]
		is, has := gives[name]
		value, kept := got[name]
		switch {
		case had == has && was == is:
			continue
		case !renewed(name):
			return nil, fmt.Errorf("the variable %s has changed", name)
		case kept && (!had || value != was):
			return nil, fmt.Errorf("a launcher sets the variable %s", name)
		}
		changed[name] = was
		if has && (kept || !had) { // else a launcher takes it away
			got[name] = is
		} else {
			delete(got, name)
		}
	}
	var out []string
	for name, value := range got {
		if before, ok := given[name]; (!ok || before != value) && !renewed(name) {
			for of, was := range changed {
				if len(was) >= shortest && strings.Contains(value, was) {
					return nil, fmt.Errorf("a launcher makes the variable %s of %s", name, of)
				}
			}
		}
		out = append(out, name+"="+value)
	}
	return out, nil
}
