package direct

import (
	"errors"
	"fmt"
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
	if err != nil {
		return nil, err
	}
	got, err := variables(then)
	if err != nil {
		return nil, err
	}
	gives := map[string]string{}
	for _, kv := range now {
		name, value, _ := strings.Cut(kv, "=")
		gives[name] = value // the last counts
	}
	changed := map[string]string{} // name → what it was
	for name, value := range given {
		if is, ok := gives[name]; !ok || is != value {
			changed[name] = value
		}
	}
	for name := range gives {
		if _, ok := given[name]; !ok {
			changed[name] = ""
		}
	}
	for name, was := range changed {
		value, ok := got[name]
		_, had := given[name]
		switch {
		case !renewed(name):
			return nil, fmt.Errorf("the variable %s has changed", name)
		case ok != had && ok, ok && value != was:
			return nil, fmt.Errorf("a launcher sets the variable %s", name)
		case had && !ok: // it takes the variable away
			continue
		}
		delete(got, name)
		if is, ok := gives[name]; ok {
			got[name] = is
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
