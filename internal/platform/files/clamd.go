// SPDX-License-Identifier: EUPL-1.2

package files

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"time"
)

// Clamd is an antivirus that answers clamd's protocol (man clamd, INSTREAM).
type Clamd struct {
	network, address string
}

// ParseClamd reads a setting: unix:/chemin or tcp:hôte:port.
func ParseClamd(setting string) (*Clamd, error) {
	network, address, _ := strings.Cut(setting, ":")
	switch network {
	case "unix":
		if strings.HasPrefix(address, "/") {
			return &Clamd{network, address}, nil
		}
	case "tcp":
		if host, port, err := net.SplitHostPort(address); err == nil && host != "" && port != "" {
			return &Clamd{network, address}, nil
		}
	}
	return nil, errors.New("l'antivirus s'écrit unix:/chemin/de/clamd.sock ou tcp:hôte:port")
}

// How long clamd may take: to accept a connection, and to judge a file once it has it all.
const (
	clamdDial    = 5 * time.Second
	clamdSilence = 2 * time.Minute
)

// errInfected is what Scan returns when a virus was found: its name.
type errInfected string

func (e errInfected) Error() string { return "virus: " + string(e) }

// errScanLimit: the file is larger than clamd's StreamMaxLength.
var errScanLimit = errors.New("clamd takes no file that large")

// Scan sends a content; nil means that clamd found nothing. An errInfected is its answer that
// there is something, any other error means that it has not answered.
func (c *Clamd) Scan(ctx context.Context, r io.Reader) error {
	conn, err := c.dial(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }() // its answer has been read, or will not come
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	sendErr := sendStream(conn, r)
	if errors.Is(sendErr, errSource) {
		return sendErr
	}
	// clamd answers, then closes, as soon as it has had too much: the answer says why.
	answer, err := readAnswer(conn)
	if err != nil {
		return errors.Join(ctx.Err(), sendErr, err)
	}
	return judge(answer, sendErr)
}

// judge reads clamd's answer to INSTREAM: "stream: OK", "stream: NAME FOUND", "… ERROR".
func judge(answer string, sendErr error) error {
	if name, found := strings.CutSuffix(answer, " FOUND"); found {
		return errInfected(strings.TrimPrefix(name, "stream: "))
	}
	if answer == "stream: OK" && sendErr == nil {
		return nil
	}
	if strings.HasPrefix(answer, "INSTREAM size limit exceeded") {
		return errScanLimit
	}
	return errors.Join(fmt.Errorf("clamd answers %q", answer), sendErr)
}

// errSource marks an error of the content, not of the line.
var errSource = errors.New("reading what is to be scanned")

func sendStream(conn net.Conn, r io.Reader) error {
	if _, err := io.WriteString(conn, "zINSTREAM\x00"); err != nil {
		return err
	}
	block := make([]byte, 4+64<<10)
	for {
		n, err := io.ReadFull(r, block[4:])
		if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
			return errors.Join(errSource, err)
		}
		if n == 0 {
			_, err := conn.Write([]byte{0, 0, 0, 0})
			return err
		}
		binary.BigEndian.PutUint32(block, uint32(n))
		if err := conn.SetDeadline(time.Now().Add(clamdSilence)); err != nil {
			return err
		}
		if _, err := conn.Write(block[:4+n]); err != nil {
			return err
		}
	}
}

// Check asks clamd whether it is there, for /readyz.
func (c *Clamd) Check(ctx context.Context) error {
	conn, err := c.dial(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }() // nothing more to say
	if err := conn.SetDeadline(time.Now().Add(clamdDial)); err != nil {
		return err
	}
	if _, err := io.WriteString(conn, "zPING\x00"); err != nil {
		return err
	}
	answer, err := readAnswer(conn)
	if err == nil && answer != "PONG" {
		err = fmt.Errorf("clamd answers %q to PING", answer)
	}
	return err
}

func (c *Clamd) dial(ctx context.Context) (net.Conn, error) {
	d := net.Dialer{Timeout: clamdDial}
	conn, err := d.DialContext(ctx, c.network, c.address)
	if err != nil {
		return nil, err
	}
	return conn, conn.SetDeadline(time.Now().Add(clamdSilence))
}

// readAnswer reads up to the zero byte that ends an answer.
func readAnswer(conn net.Conn) (string, error) {
	const longest = 4096
	answer, err := bufio.NewReader(io.LimitReader(conn, longest)).ReadString(0)
	if err != nil {
		return "", fmt.Errorf("clamd's answer: %w", err)
	}
	return strings.TrimSuffix(answer, "\x00"), nil
}

func (c *Clamd) String() string { return c.network + ":" + c.address }
