package direct

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"strings"

	"github.com/hotswap-dev/hotswap/internal/lazy"
)

// variables returns an environment by names, or says why it is not the one with which a process was executed: programs
// may write over that (setproctitle).
func variables(env []string) (map[string]string, error) {
	out := map[string]string{}
	for _, kv := range env {
		name, value, ok := strings.Cut(kv, "=")
		if _, twice := out[name]; !ok || name == "" || twice {
			return nil, errors.New("its environment is not what it was")
		}
		out[name] = value
	}
	return out, nil
}

// renewed matches variables of which hotswap may give each generation another value.
var renewed = lazy.Pattern(`^(HOTSWAP_|LISTEN_|NOTIFY_SOCKET$)`)

// environment returns the environment of the program as its launchers would make it now. began is what hotswap gave the
// command, then what the program got from its launchers, and now what hotswap would give the command. No launcher makes
// a variable of those of hotswap's: [readsOurs] sees the names.
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
	all := maps.Clone(gives)
	maps.Copy(all, given)
	for name := range all {
		was, had := given[name]
		is, has := gives[name]
		value, kept := got[name]
		switch {
		case had == has && was == is:
			continue
		case !renewed().MatchString(name):
			return nil, fmt.Errorf("the variable %s has changed", name)
		case kept && (!had || value != was):
			return nil, fmt.Errorf("a launcher sets the variable %s", name)
		}
		if has && (kept || !had) { // else a launcher takes it away
			got[name] = is
		} else {
			delete(got, name)
		}
	}
	var out []string
	for name, value := range got {
		out = append(out, name+"="+value)
	}
	return out, nil
}
