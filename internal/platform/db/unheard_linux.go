// SPDX-License-Identifier: EUPL-1.2

package db

import (
	"errors"
	"strings"
	"syscall"
)

// tcpUserTimeout is TCP_USER_TIMEOUT (tcp(7)): how long what was sent may stay unheard.
const (
	tcpUserTimeout = 0x12
	unheard        = 20_000 // ms
)

// giveUpUnheard ends a connection to a server that no longer acknowledges what it is sent: the
// system alone would insist for a quarter of an hour, and the writes with it.
func giveUpUnheard(network, _ string, c syscall.RawConn) (err error) {
	if !strings.HasPrefix(network, "tcp") {
		return nil
	}
	failed := c.Control(func(fd uintptr) {
		err = syscall.SetsockoptInt(int(fd), syscall.IPPROTO_TCP, tcpUserTimeout, unheard)
	})
	return errors.Join(failed, err)
}
