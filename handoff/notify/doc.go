// Package notify lets a program say itself that it is ready: by READY=1 to the
// socket that NOTIFY_SOCKET names, as systemd has it (sd_notify(3)).
//
// # Which socket?
//
// Each generation has one of its own, so that a message needs no name. It has a
// path, in a directory of its own, and not an abstract address: that begins
// with a zero byte, which "@" stands for, and many a small implementation (a
// shell's, a script's) opens the name as it reads it. An abstract one would
// also be unreachable from another network namespace. The price is a file to
// remove: the session does; if hotswap was killed, the next one does
// (handoff/scratch).
//
// # Who may speak?
//
// The generation's processes (SO_PASSCRED, unix(7)), as with systemd's
// NotifyAccess=all. The directory is closed to other users; not if hotswap is
// root, for a program that drops its privileges before it is ready must still
// reach the socket. A sender that has ended by the time its message is read is
// believed if its user is one of the generation's, or ours: systemd-notify lives
// for a moment only.
//
// # Which messages?
//
// READY=1, STATUS=, EXTEND_TIMEOUT_USEC= and STOPPING=1. BARRIER=1 is answered
// as it wants to be, by closing its descriptor after what came before it was read
// and its sender was found. All other ones are ignored, the descriptors of
// FDSTORE=1 closed.
//
// # How many messages?
//
// As many as the program likes, at its own pace: the session reads all of them.
// It reports ten times a second at most, and merges what comes in between.
package notify
