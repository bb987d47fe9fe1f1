package upgrade

import (
	"errors"
	"slices"
)

// Part is a part of hotswap that goes on in a child. A function that is nil does nothing.
type Part struct {
	Name string // by which a child finds what the part has left
	// Freeze stops what the child must not see change, and returns what the child gets: a value for encoding/json, and
	// descriptors, which stay the part's and are open until Thaw or Release.
	Freeze func() (state any, fds []int, err error)
	// Thaw undoes Freeze, also one that failed: the child has ended, or never began. It returns what could not be undone.
	Thaw func() error
	// Release leaves everything to the child, which serves.
	Release func()
}

// freeze freezes the parts in their order. If one fails, that one and those before it are thawed.
func freeze(parts []Part) (all map[string]share[any], fds []int, err error) {
	all = map[string]share[any]{}
	for i, p := range parts {
		if p.Freeze == nil {
			continue
		}
		state, more, err := p.Freeze()
		if err != nil {
			return nil, nil, errors.Join(err, thaw(parts[:i+1]))
		}
		of := share[any]{State: state}
		for range more {
			of.FDs = append(of.FDs, len(fds)+len(of.FDs))
		}
		all[p.Name], fds = of, append(fds, more...)
	}
	return all, fds, nil
}

func thaw(parts []Part) (err error) {
	for _, p := range slices.Backward(parts) {
		if p.Thaw != nil {
			err = errors.Join(err, p.Thaw())
		}
	}
	return err
}

func release(parts []Part) {
	for _, p := range slices.Backward(parts) {
		if p.Release != nil {
			p.Release()
		}
	}
}
