package main

import (
	"errors"
	"sync/atomic"
)

// pool stands for a database's pool: connections to close when nothing needs them.
type pool struct{ closed atomic.Bool }

func openPool() *pool { return &pool{} }

func (p *pool) query(string) error {
	if p.closed.Load() {
		return errors.New("the pool is closed")
	}
	return nil
}

func (p *pool) close() { p.closed.Store(true) }
