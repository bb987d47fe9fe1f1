// Package thread runs code on an OS thread of its own, which may have another user's rights. Only Linux has threads
// with rights of their own; elsewhere code becomes no other user.
package thread
