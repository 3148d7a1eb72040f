// SPDX-License-Identifier: EUPL-1.2

package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
)

// sector is what a disk writes whole, in bytes.
const sector = 512

// ioctlClone is FICLONE, a copy that shares its blocks (ioctl_ficlonerange(2)).
const ioctlClone = 0x40049409

// disk is a disk with a volatile cache. The image is its platter; shown is what it answers,
// cache included: a private mapping of the image, whose pages follow the file until they are
// written to.
type disk struct {
	mu      sync.Mutex
	image   *os.File
	shown   []byte
	pending []fragment // what was written since the last flush, in order
}

type fragment struct {
	at   int64
	data []byte
}

func openDisk(path string) (*disk, error) {
	image, err := os.OpenFile(path, os.O_RDWR, 0) // #nosec G304 -- the file the script names
	if err != nil {
		return nil, err
	}
	info, err := image.Stat()
	if err != nil {
		return nil, errors.Join(err, image.Close())
	}
	shown, err := syscall.Mmap(int(image.Fd()), 0, int(info.Size()), syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_PRIVATE)
	if err != nil {
		return nil, errors.Join(err, image.Close())
	}
	return &disk{image: image, shown: shown}, nil
}

// at is a part of what the disk answers, shorter at its end.
func (d *disk) at(offset, size int64) []byte {
	end := min(offset+size, int64(len(d.shown)))
	if offset < 0 || offset >= end {
		return nil
	}
	return d.shown[offset:end]
}

// write takes data into the cache.
func (d *disk) write(offset int64, data []byte) (n int) {
	n = copy(d.at(offset, int64(len(data))), data)
	d.pending = append(d.pending, fragment{offset, append([]byte(nil), data[:n]...)})
	return n
}

// flush empties the cache onto the platter.
func (d *disk) flush() error {
	for _, f := range d.pending {
		if _, err := d.image.WriteAt(f.data, f.at); err != nil {
			return err
		}
	}
	d.pending = nil
	return nil
}

// cut makes the disk that a power cut would leave now: the platter, and of the cache some
// sectors, chosen at random: none, all, or any share between.
func (d *disk) cut(path string) (err error) {
	out, err := os.OpenFile(path, os.O_CREATE|os.O_TRUNC|os.O_RDWR, 0o600) // #nosec G304 -- the file the script names
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	if err := copyImage(out, d.image); err != nil {
		return err
	}
	share := min(max(rand.Float64()*1.4-0.2, 0), 1) // #nosec G404 -- a draw needs no secret
	for _, f := range d.pending {
		for from := 0; from < len(f.data); from += sector {
			if rand.Float64() >= share { // #nosec G404
				continue
			}
			if _, err := out.WriteAt(f.data[from:min(from+sector, len(f.data))], f.at+int64(from)); err != nil {
				return err
			}
		}
	}
	return nil
}

// copyImage shares the blocks where the file system can, and copies elsewhere: nothing
// changes meanwhile, since the disk answers to nobody.
func copyImage(out, in *os.File) error {
	if _, _, errno := syscall.Syscall(syscall.SYS_IOCTL, out.Fd(), ioctlClone, in.Fd()); errno == 0 {
		return nil
	}
	info, err := in.Stat()
	if err != nil {
		return err
	}
	_, err = io.Copy(out, io.NewSectionReader(in, 0, info.Size()))
	return err
}

// serveDisk mounts the disk as a file and obeys: « couper FICHIER » a line, until its input ends.
func serveDisk(args []string, in io.Reader, out io.Writer) error {
	if len(args) != 2 {
		return errUsage
	}
	d, err := openDisk(args[1])
	if err != nil {
		return err
	}
	place := filepath.Join(args[0], "disque")
	if err := os.WriteFile(place, nil, 0o600); err != nil {
		return err
	}
	fuse, err := syscall.Open("/dev/fuse", syscall.O_RDWR|syscall.O_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("/dev/fuse : %w", err)
	}
	options := fmt.Sprintf("fd=%d,rootmode=%o,user_id=0,group_id=0", fuse, syscall.S_IFREG)
	if err := syscall.Mount("epreuve", place, "fuse", syscall.MS_NOSUID|syscall.MS_NODEV, options); err != nil {
		return fmt.Errorf("monter %s : %w", place, err)
	}
	ended := make(chan error, 1)
	go func() { ended <- serveFUSE(fuse, d) }()
	go d.obey(in, out)
	return <-ended
}

func (d *disk) obey(in io.Reader, out io.Writer) {
	_, _ = fmt.Fprintln(out, "pret")
	for lines := bufio.NewScanner(in); lines.Scan(); {
		path, ok := strings.CutPrefix(lines.Text(), "couper ")
		answer := "coupe"
		if !ok {
			answer = "ordre inconnu"
		} else {
			d.mu.Lock()
			if err := d.cut(path); err != nil {
				answer = err.Error()
			}
			d.mu.Unlock()
		}
		_, _ = fmt.Fprintln(out, answer)
	}
}
