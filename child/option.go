package child

import "time"

// Option changes how a value is written.
type Option func(*options)

type options struct {
	ttl       time.Duration // 0: no end
	ifVersion *uint64
}

// TTL has the key expire so long after the write, a millisecond at least. A later write without TTL takes the
// end away.
func TTL(d time.Duration) Option { return func(o *options) { o.ttl = max(d, time.Millisecond) } }

// IfVersion has the write fail with a [VersionError] unless the key has this version. 0: the key must not
// exist.
func IfVersion(version uint64) Option { return func(o *options) { o.ifVersion = &version } }

func collect(all []Option) (o options) {
	for _, f := range all {
		f(&o)
	}
	return o
}
