package upgrade

import (
	"errors"
	"fmt"
	"slices"
)

// Freezable is a part of hotswap that goes on in a child.
type Freezable interface {
	// Name returns under which name a child finds what the part has left.
	Name() string
	// Freeze stops what the child must not see change, and returns what the child gets: a value for encoding/json, and
	// descriptors, which stay the part's and are open until Thaw or Release.
	Freeze() (state any, fds []int, err error)
	// Thaw undoes Freeze, also one that failed: the child has ended, or never began. It returns what could not be undone.
	Thaw() error
	// Release leaves everything to the child, which serves.
	Release()
}

// OnRelease returns a part that leaves nothing to a child, and does something when the child serves.
func OnRelease(do func()) Freezable { return onRelease(do) }

type onRelease func()

func (onRelease) Name() string                { return "" }
func (onRelease) Freeze() (any, []int, error) { return nil, nil, nil }
func (onRelease) Thaw() error                 { return nil }
func (do onRelease) Release()                 { do() }

// left is what a part leaves.
type left[T any] struct {
	Name  string
	State T
	FDs   int // how many descriptors come along
}

// freeze freezes the parts in their order. If one fails, all are thawed.
func freeze(parts []Freezable) (all []left[any], fds []int, err error) {
	for i, p := range parts {
		state, more, err := p.Freeze()
		if err != nil {
			return nil, nil, errors.Join(err, thaw(parts[:i+1]))
		}
		all, fds = append(all, left[any]{p.Name(), state, len(more)}), append(fds, more...)
	}
	return all, fds, nil
}

// thaw thaws the parts in reverse.
func thaw(parts []Freezable) error {
	var errs []error
	for _, p := range slices.Backward(parts) {
		if err := p.Thaw(); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", p.Name(), err))
		}
	}
	return errors.Join(errs...)
}

// release releases the parts in reverse.
func release(parts []Freezable) {
	for _, p := range slices.Backward(parts) {
		p.Release()
	}
}
