package upgrade

import (
	"encoding/json"
	"errors"
	"slices"
)

// Part is a part of hotswap that goes on in a child. A function that is nil does nothing.
type Part struct {
	Name string // by which a child finds what the part has left
	// State points to what a child gets if there is no Freeze, and to where a child finds what it has got; nil:
	// nowhere.
	State any
	// Inherit takes over what the part of a parent has left: left decodes that into a state, and returns the
	// descriptors, which are this part's from then on. left does nothing if there is no parent, or if that has no such
	// part.
	Inherit func(left func(state any) (fds []int)) error
	// Freeze stops what the child must not see change, and returns what the child gets: a value for encoding/json, and
	// descriptors, which stay the part's and are open until Thaw or Release.
	Freeze func() (state any, fds []int, err error)
	// Thaw undoes Freeze, also one that failed: the child has ended, or never began. It returns what could not be
	// undone.
	Thaw func() error
	// Release leaves everything to the child, which serves.
	Release func()
}

// freeze freezes the parts in their order. If one fails, that one and those before it are thawed.
func freeze(parts []Part) (all map[string]share, fds []int, err error) {
	all = map[string]share{}
	for i, p := range parts {
		state, more, err := p.State, []int(nil), error(nil)
		if p.Freeze != nil {
			state, more, err = p.Freeze()
		}
		var of share
		if err == nil {
			of.State, err = json.Marshal(state)
		}
		if err != nil {
			return nil, nil, errors.Join(err, thaw(parts[:i+1]))
		}
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
