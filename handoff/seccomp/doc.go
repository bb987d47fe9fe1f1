// Package seccomp installs filters with a notification listener and answers what they notify (seccomp(2),
// seccomp_unotify(2)).
package seccomp
