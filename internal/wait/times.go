package wait

import "time"

// Times that mean the same wherever something waits.
const (
	// Poll is the pause between two looks at what nobody reports: short for people, and cheap.
	Poll = 20 * time.Millisecond
	// Answer is how long a client or another process may take for what either does at once, unless it is stopped or its
	// machine is busy.
	Answer = 5 * time.Second
	// Reply is how long hotswap waits for a reply without which it goes on: who computes does not reply.
	Reply = 2 * time.Second
	// Patience is how long somebody waits who has asked for something. Then an error tells more.
	Patience = 30 * time.Second
	// Work is how long another process may take for takes work: to answer a request, or to give a state back.
	Work = 10 * time.Second
	// Command is how long others wait for a command that works.
	Command = time.Minute
	// Person is how long a person waits gladly. What takes longer is said, or given up.
	Person = time.Second
	// Seldom is the least time between two looks that cost much, or two messages of which the last one counts.
	Seldom = time.Second
	// Flow is how long the client of an answer may get nothing until the answer does not flow any more.
	Flow = 15 * time.Second
	// Reader is how long the end waits for a reader that does not read.
	Reader = time.Second
	// LastAnswers is how long the end waits for answers that are being written.
	LastAnswers = 500 * time.Millisecond
	// ClockLag is how far a file's time stamp may lie before the change: the kernel stamps with the time of its last
	// tick, 10 ms ago at CONFIG_HZ=100 (current_time(), fs/inode.c).
	ClockLag = 20 * time.Millisecond
)
