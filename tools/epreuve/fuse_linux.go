// SPDX-License-Identifier: EUPL-1.2

package main

import (
	"encoding/binary"
	"errors"
	"fmt"
	"syscall"
)

// What of the FUSE protocol a single file needs (linux/fuse.h, version 7.31). Numbers are in
// the machine's order.
const (
	opForget      = 2
	opGetattr     = 3
	opSetattr     = 4
	opOpen        = 14
	opRead        = 15
	opWrite       = 16
	opRelease     = 18
	opFsync       = 20
	opFlush       = 25
	opInit        = 26
	opInterrupt   = 36
	opDestroy     = 38
	opBatchForget = 42

	inHeader, outHeader = 40, 16
	ioHeader            = 40 // of what precedes the data of a write, and of a read's order
	maxWrite            = 128 << 10
	bigWrites           = 1 << 5
	forever             = 3600 // seconds that attributes hold
)

var order = binary.NativeEndian

// serveFUSE answers the kernel, one request at a time, until the disk is unmounted.
func serveFUSE(fd int, d *disk) error {
	buf := make([]byte, maxWrite+4096)
	for {
		n, err := syscall.Read(fd, buf)
		switch {
		case errors.Is(err, syscall.EINTR), errors.Is(err, syscall.ENOENT), errors.Is(err, syscall.EAGAIN):
			continue
		case errors.Is(err, syscall.ENODEV): // unmounted
			return nil
		case err != nil:
			return fmt.Errorf("FUSE : %w", err)
		case n < inHeader:
			return fmt.Errorf("FUSE : demande de %d octets", n)
		}
		op := order.Uint32(buf[4:])
		if op == opForget || op == opBatchForget || op == opInterrupt {
			continue // without answer
		}
		d.mu.Lock()
		body, errno := d.answer(op, buf[inHeader:n])
		d.mu.Unlock()
		out := make([]byte, outHeader, outHeader+len(body))
		order.PutUint32(out, uint32(outHeader+len(body)))
		order.PutUint32(out[4:], uint32(-int32(errno)))
		copy(out[8:], buf[8:16]) // the request's number
		if _, err := syscall.Write(fd, append(out, body...)); err != nil && !errors.Is(err, syscall.ENOENT) {
			return fmt.Errorf("FUSE : %w", err)
		}
	}
}

func (d *disk) answer(op uint32, in []byte) ([]byte, syscall.Errno) {
	switch op {
	case opInit:
		out := make([]byte, 64)
		order.PutUint32(out, 7)
		order.PutUint32(out[4:], 31)
		order.PutUint32(out[8:], maxWrite) // read ahead
		order.PutUint32(out[12:], bigWrites)
		order.PutUint32(out[20:], maxWrite)
		order.PutUint32(out[24:], 1) // ns, grain of times
		return out, 0
	case opGetattr, opSetattr:
		return d.attributes(), 0
	case opOpen:
		return make([]byte, 16), 0
	case opRead:
		if len(in) < ioHeader {
			return nil, syscall.EINVAL
		}
		return d.at(int64(order.Uint64(in[8:])), int64(order.Uint32(in[16:]))), 0
	case opWrite:
		if len(in) < ioHeader {
			return nil, syscall.EINVAL
		}
		out := make([]byte, 8)
		order.PutUint32(out, uint32(d.write(int64(order.Uint64(in[8:])), in[ioHeader:])))
		return out, 0
	case opFsync:
		if err := d.flush(); err != nil {
			return nil, syscall.EIO
		}
		return nil, 0
	case opRelease, opFlush, opDestroy:
		return nil, 0
	}
	return nil, syscall.ENOSYS
}

func (d *disk) attributes() []byte {
	out := make([]byte, 16+88)
	order.PutUint64(out, forever)
	attr := out[16:]
	order.PutUint64(attr, 1) // number of the root
	order.PutUint64(attr[8:], uint64(len(d.shown)))
	order.PutUint64(attr[16:], uint64(len(d.shown)/sector))
	order.PutUint32(attr[60:], syscall.S_IFREG|0o600)
	order.PutUint32(attr[64:], 1) // links
	order.PutUint32(attr[80:], 4096)
	return out
}
