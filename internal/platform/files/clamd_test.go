// SPDX-License-Identifier: EUPL-1.2

package files_test

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"maillage/internal/platform/db"
	"maillage/internal/platform/db/dbtest"
	"maillage/internal/platform/files"
	"maillage/internal/platform/web"
)

// eicar is the test virus of the profession (https://www.eicar.org), in two parts so that this
// source is not one.
const eicar = `X5O!P%@AP[4\PZX54(P^)7CC)7}` + `$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*`

// scanner is a server of clamd's protocol, as "man clamd" tells it: it takes nothing else, and
// ends the connection after its answer.
type scanner struct {
	limit  int64                 // StreamMaxLength
	strike func(c net.Conn) bool // does something else, and says so
	seen   chan []byte           // each stream received whole
	wrong  func(string, ...any)  // an error of protocol
}

func (s *scanner) serve(t *testing.T, network, address string) string {
	t.Helper()
	l, err := net.Listen(network, address)
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			if s.strike == nil || !s.strike(c) {
				if err := s.session(c); err != nil {
					s.wrong("session: %v", err)
				}
			}
			_ = c.Close()
		}
	}()
	t.Cleanup(func() { _ = l.Close(); <-done })
	return network + ":" + l.Addr().String()
}

func (s *scanner) session(c net.Conn) error {
	r := bufio.NewReader(c)
	command, err := r.ReadString(0)
	if err != nil {
		return err
	}
	switch command {
	case "zPING\x00":
		_, err = io.WriteString(c, "PONG\x00")
		return err
	case "zINSTREAM\x00":
	default:
		_, _ = io.WriteString(c, "UNKNOWN COMMAND\x00")
		return fmt.Errorf("command %q", command)
	}
	var stream []byte
	for {
		var n uint32
		if err := binary.Read(r, binary.BigEndian, &n); err != nil {
			return err
		}
		if n == 0 {
			break
		}
		if int64(len(stream))+int64(n) > s.limit {
			_, err := io.WriteString(c, "INSTREAM size limit exceeded. ERROR\x00")
			return err
		}
		chunk := make([]byte, n)
		if _, err := io.ReadFull(r, chunk); err != nil {
			return err
		}
		stream = append(stream, chunk...)
	}
	s.seen <- stream
	answer := "stream: OK\x00"
	if bytes.Contains(stream, []byte(eicar)) {
		answer = "stream: Eicar-Signature FOUND\x00"
	}
	_, err = io.WriteString(c, answer)
	return err
}

// realClamd starts clamd with one signature, that of the test virus. Where it is not
// installed the other servers of the table prove what they can, and nothing is said of it.
func realClamd(t *testing.T, program string) string {
	t.Helper()
	dir := t.TempDir()
	socket := filepath.Join(dir, "clamd.sock")
	signature := fmt.Sprintf("Eicar-Signature:0:*:%x\n", eicar) // an ndb line: any type, any place
	conf := "Foreground yes\nUser root\nLocalSocket " + socket + "\nDatabaseDirectory " + dir + "\nStreamMaxLength 2M\nLogFile " + dir + "/log\n"
	if os.Getuid() != 0 {
		conf = strings.Replace(conf, "User root\n", "", 1)
	}
	if err := errors.Join(os.WriteFile(filepath.Join(dir, "essai.ndb"), []byte(signature), 0o600), os.WriteFile(filepath.Join(dir, "clamd.conf"), []byte(conf), 0o600)); err != nil {
		t.Fatal(err)
	}
	var said bytes.Buffer
	c := exec.Command(program, "--config-file="+filepath.Join(dir, "clamd.conf"))
	c.Stdout, c.Stderr = &said, &said
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Process.Kill(); _ = c.Wait() })
	scan, err := files.ParseClamd("unix:" + socket)
	if err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(30 * time.Second); scan.Check(t.Context()) != nil; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("clamd does not start: %s", said.String())
		}
	}
	return "unix:" + socket
}

// TestScan is the same for a strict server of ours over TCP and over a socket, and for clamd itself
// where it is installed.
func TestScan(t *testing.T) {
	t.Parallel()
	servers := map[string]func(*testing.T) string{
		"tcp":  func(t *testing.T) string { return strict(t).serve(t, "tcp", "127.0.0.1:0") },
		"unix": func(t *testing.T) string { return strict(t).serve(t, "unix", filepath.Join(t.TempDir(), "s")) },
	}
	if program, err := exec.LookPath("clamd"); err == nil {
		servers["clamd"] = func(t *testing.T) string { return realClamd(t, program) }
	}
	for name, start := range servers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, root := open(t, dbtest.New(t, db.SQLite, rooms...), files.Config{Clamd: start(t)})
			if err := s.Ready()["antivirus"](t.Context()); err != nil {
				t.Errorf("ready: %v", err)
			}
			for _, size := range []int{300, 64 << 10, 64<<10 + 1, 1 << 20} {
				if f := put(t, s, padded(size), meta("a.pdf")); f.Scan != files.Clean {
					t.Errorf("%d bytes: %q", size, f.Scan)
				}
			}
			before := len(stored(t, root))
			for _, text := range [][]byte{[]byte(eicar), pdf(eicar), append(padded(100_000), eicar...)} {
				name := "a.txt"
				if bytes.HasPrefix(text, []byte("%PDF")) {
					name = "a.pdf"
				}
				_, err := s.Put(acting(t), bytes.NewReader(text), meta(name))
				refused(t, err, 422, "a trouvé un virus")
			}
			_, err := s.Put(acting(t), bytes.NewReader(padded(3<<20)), meta("a.pdf"))
			// clamd hangs up on what it has not read: its answer is lost at times.
			if p, ok := errors.AsType[*web.Problem](err); ok && p.Status == 413 {
				refused(t, err, 413, "trop volumineux pour l'antivirus")
			} else {
				refused(t, err, 503, "n'a pas été gardé, par sécurité")
			}
			left, err := os.ReadDir(s.TempDir())
			if err != nil || len(left) != 0 || len(stored(t, root)) != before {
				t.Errorf("something was kept of what was refused: %v, %v", left, err)
			}
		})
	}
}

func strict(t *testing.T) *scanner {
	return &scanner{limit: 2 << 20, seen: make(chan []byte, 100), wrong: t.Errorf}
}

func refused(t *testing.T, err error, status int, says string) {
	t.Helper()
	refusal, ok := errors.AsType[*files.Refusal](err)
	if !ok || !strings.Contains(refusal.Message, says) {
		t.Errorf("%v; want a refusal that says %q", err, says)
	}
	if p, ok := errors.AsType[*web.Problem](err); !ok || p.Status != status {
		t.Errorf("%v; want %d", err, status)
	}
}

// TestScanSendsEverything: what the antivirus sees is what is kept.
func TestScanSendsEverything(t *testing.T) {
	t.Parallel()
	sc := strict(t)
	s, _ := open(t, dbtest.New(t, db.SQLite, rooms...), files.Config{Clamd: sc.serve(t, "tcp", "127.0.0.1:0")})
	text := padded(200_001)
	put(t, s, text, meta("a.pdf"))
	if got := <-sc.seen; !bytes.Equal(got, text) {
		t.Errorf("clamd saw %d bytes, want the %d of the file", len(got), len(text))
	}
}

// TestScanFailsClosed: whatever is not a clear "OK" lets nothing in.
func TestScanFailsClosed(t *testing.T) {
	t.Parallel()
	said := func(answer string) func(net.Conn) bool {
		return func(c net.Conn) bool {
			r := bufio.NewReader(c)
			_, _ = r.ReadString(0)
			for {
				var n uint32
				if binary.Read(r, binary.BigEndian, &n) != nil || n == 0 {
					break
				}
				_, _ = r.Discard(int(n))
			}
			_, _ = io.WriteString(c, answer)
			return true
		}
	}
	for rule, strike := range map[string]func(net.Conn) bool{
		"it hangs up at once":              func(net.Conn) bool { return true },
		"it hangs up without an answer":    said(""),
		"it is cut in its answer":          said("stream: OK"),
		"it says OK of something else":     said("other: OK\x00"),
		"it is out of order":               said("stream: Can't allocate memory ERROR\x00"),
		"it says OK before it has it all":  func(c net.Conn) bool { _, _ = io.WriteString(c, "stream: OK\x00"); return true },
		"it speaks of a limit, then of OK": said("INSTREAM size limit exceeded. ERROR OK\x00"),
		"it talks too much":                said(strings.Repeat("x", 10_000) + "stream: OK\x00"),
	} {
		t.Run(rule, func(t *testing.T) {
			t.Parallel()
			sc := strict(t)
			sc.strike = strike
			s, root := open(t, dbtest.New(t, db.SQLite, rooms...), files.Config{Clamd: sc.serve(t, "tcp", "127.0.0.1:0")})
			_, err := s.Put(acting(t), bytes.NewReader(padded(8<<20)), meta("a.pdf"))
			if _, ok := errors.AsType[*files.Refusal](err); !ok {
				t.Errorf("%v; want a refusal", err)
			}
			if n := len(stored(t, root)); n != 0 {
				t.Errorf("%d contents kept", n)
			}
		})
	}
	t.Run("there is nobody", func(t *testing.T) {
		t.Parallel()
		s, _ := open(t, dbtest.New(t, db.SQLite, rooms...), files.Config{Clamd: "unix:" + filepath.Join(t.TempDir(), "personne")})
		_, err := s.Put(acting(t), bytes.NewReader(pdf("")), meta("a.pdf"))
		refused(t, err, 503, "L'antivirus ne répond pas")
		if s.Ready()["antivirus"](t.Context()) == nil {
			t.Error("ready without antivirus")
		}
	})
}

func TestParseClamd(t *testing.T) {
	t.Parallel()
	for setting, want := range map[string]string{
		"unix:/run/clamav/clamd.ctl": "unix:/run/clamav/clamd.ctl",
		"tcp:antivirus:3310":         "tcp:antivirus:3310",
		"tcp:[::1]:3310":             "tcp:[::1]:3310",
		"unix:relatif":               "", "tcp:antivirus": "", "udp:x:1": "", "": "", "/run/clamd.ctl": "", "tcp::3310": "",
	} {
		got, err := files.ParseClamd(setting)
		if want == "" {
			if err == nil || !strings.Contains(err.Error(), "unix:/chemin") {
				t.Errorf("ParseClamd(%q): %v, %v; want an error that says how to write it", setting, got, err)
			}
		} else if err != nil || got.String() != want {
			t.Errorf("ParseClamd(%q) = %v, %v", setting, got, err)
		}
	}
}
