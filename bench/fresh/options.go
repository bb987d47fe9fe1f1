package fresh

import "time"

// Options say what is measured.
type Options struct {
	programs   []string // default: all
	contenders []string // default: all
	rhythms    []time.Duration
	traffic    []bool
	Saves      int // per contender that count
	Rounds     int // turns per contender
	Rate       int // requests per second with traffic; 0: as many as are answered
	Hotswap    string
	Baseline   string // another hotswap to compare with, or ""
	Logs       string // folder for what contenders write
	Say        func(format string, args ...any)
	Wrap       []string               // a command before hotswap's own
	Port       func() (string, error) // of a contender; nil: any that is free
}
