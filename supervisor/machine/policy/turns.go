package policy

import "time"

// least is how long a turn lasts at least, counted from the start of the boot, because the slowest boot so far may have
// been a standby that was ready.
const least = time.Second

// Turns is when a boot goes on although a newer request has come. However fast people save, they see something newer at
// least every one and a half boots: a boot is given up for a newer request, but not when half of the boot is over, and
// not two in a row. Such a boot has its turn, and the newest request starts behind it. A boot that hangs would keep
// others waiting, so a turn ends: after the time of the slowest boot so far, and later each time it was too short.
type Turns struct {
	slowest    time.Duration // of the boots that have served
	cold, warm time.Duration // of the newest that was no standby, and of the newest that was one
	givenUp    int           // boots in a row that were given up for a newer request
}

// Due reports whether a boot that has lasted so long has its turn.
func (t *Turns) Due(standby bool, lasted time.Duration) bool {
	last := t.cold
	if standby && t.warm > 0 {
		last = t.warm
	}
	return t.givenUp > 0 || last > 0 && lasted >= last/2
}

// Length returns how long a turn lasts, from the start of the boot.
func (t *Turns) Length() time.Duration { return max(least, time.Duration(t.givenUp+1)*t.slowest) }

// GivenUp notes that a boot was given up for a newer request.
func (t *Turns) GivenUp() { t.givenUp++ }

// Failed notes that a boot has failed.
func (t *Turns) Failed() { t.givenUp = 0 }

// Served notes that a boot has led to service.
func (t *Turns) Served(standby bool, boot time.Duration) {
	t.slowest, t.givenUp = max(t.slowest, boot), 0
	if standby {
		t.warm = boot
	} else {
		t.cold = boot
	}
}
