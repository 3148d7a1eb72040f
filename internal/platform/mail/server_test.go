// SPDX-License-Identifier: EUPL-1.2

package mail_test

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// received is a message that the server took.
type received struct {
	from, to string
	text     string
	tls      bool
	user     string
}

// server is a strict mail server on the loopback: commands in order, CRLF, lines of at most 998
// bytes, nothing but ASCII, no password in clear. What a test wants it to do is in its hooks.
type server struct {
	t        *testing.T
	listener net.Listener
	pem      string // path of the certificate to trust
	security *tls.Config

	implicit bool   // TLS from the first byte
	noTLS    bool   // does not offer STARTTLS
	password string // when set, "compte" must authenticate with it

	// answer replaces the answer to a step: greeting, EHLO, AUTH, MAIL, RCPT, DATA, text (the text is
	// there, the dot is not), dot. "" is the usual answer, "drop" hangs up.
	answer func(step, to string) string
	// taken is called once a message is taken, before the answer. "drop" then hangs up.
	taken func(r received) string

	mu    sync.Mutex
	inbox []received
	log   []string // commands, for what must not be said
	open  sync.WaitGroup
}

// start listens until the end of the test.
func (s *server) start(t *testing.T) *server {
	t.Helper()
	s.t = t
	s.certify()
	var err error
	if s.listener, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	go func() {
		for {
			c, err := s.listener.Accept()
			if err != nil {
				return
			}
			s.open.Go(func() { s.serve(c) })
		}
	}()
	t.Cleanup(func() {
		_ = s.listener.Close()
		s.open.Wait()
	})
	return s
}

// certify makes the certificate of 127.0.0.1, good for an hour.
func (s *server) certify() {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		s.t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "essai"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Minute), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		s.t.Fatal(err)
	}
	s.security = &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}
	s.pem = filepath.Join(s.t.TempDir(), "ca.pem")
	if err := os.WriteFile(s.pem, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600); err != nil {
		s.t.Fatal(err)
	}
}

// url is the address of the server as a setting.
func (s *server) url() string {
	scheme, account, extra := "smtp", "", "&autorite="+s.pem
	if s.implicit {
		scheme = "smtps"
	}
	if s.noTLS {
		extra = "&chiffrement=sans"
	}
	if s.password != "" {
		account = "compte:" + s.password + "@"
	}
	return fmt.Sprintf("%s://%s%s?expediteur=ne-pas-repondre@maillage.example&delai=5s%s", scheme, account, s.listener.Addr(), extra)
}

// messages is what was taken so far.
func (s *server) messages() []received {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]received(nil), s.inbox...)
}

// conversation is what was said, without the texts.
func (s *server) conversation() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Join(s.log, "\n")
}

// talk is one session.
type talk struct {
	*server
	conn     net.Conn
	r        *bufio.Reader
	hello    bool
	secure   bool
	user     string
	from, to string
}

func (s *server) serve(c net.Conn) {
	defer func() { _ = c.Close() }()
	_ = c.SetDeadline(time.Now().Add(20 * time.Second))
	k := &talk{server: s, conn: c, secure: s.implicit}
	if s.implicit {
		k.conn = tls.Server(c, s.security)
	}
	k.r = bufio.NewReader(k.conn)
	if !k.say("greeting", "220 essai ESMTP") {
		return
	}
	for {
		line, ok := k.line()
		if !ok || !k.command(line) {
			return
		}
	}
}

// line reads a line and checks its form.
func (k *talk) line() (string, bool) {
	line, err := k.r.ReadString('\n')
	if err != nil {
		return "", false
	}
	text, ok := strings.CutSuffix(line, "\r\n")
	if !ok || len(text) > 998 || strings.ContainsAny(text, "\r\x00") || strings.ContainsFunc(text, func(r rune) bool { return r > '~' }) {
		k.t.Errorf("malformed line %q", line)
	}
	return text, true
}

// say answers a step, and says whether the session goes on.
func (k *talk) say(step, usual string) bool {
	reply := usual
	if k.answer != nil {
		if other := k.answer(step, k.to); other != "" {
			reply = other
		}
	}
	if reply == "drop" {
		return false
	}
	_, err := fmt.Fprintf(k.conn, "%s\r\n", reply)
	return err == nil
}

// asUsual says whether a step gets its usual answer.
func (k *talk) asUsual(step string) bool { return k.answer == nil || k.answer(step, k.to) == "" }

func (k *talk) command(line string) bool {
	k.mu.Lock()
	k.log = append(k.log, line)
	k.mu.Unlock()
	verb, rest, _ := strings.Cut(line, " ")
	switch verb {
	case "EHLO":
		k.hello = true
		return k.ehlo()
	case "NOOP":
		return k.say(verb, "250 ok")
	case "RSET":
		k.from, k.to = "", ""
		return k.say(verb, "250 ok")
	case "QUIT":
		k.say(verb, "221 bye")
		return false
	case "STARTTLS":
		return k.startTLS()
	case "AUTH":
		return k.auth(rest)
	case "*": // the library takes back an AUTH that failed (RFC 4954 § 4)
		return k.say(verb, "501 5.5.2 cancelled")
	case "MAIL", "RCPT", "DATA":
		if !k.hello || !k.noTLS && !k.secure || k.password != "" && k.user == "" {
			return k.say(verb, "530 5.7.0 not now")
		}
		return k.transaction(verb, rest)
	}
	k.t.Errorf("unknown command %q", line)
	return k.say(verb, "500 what?")
}

func (k *talk) ehlo() bool {
	lines := []string{"essai", "8BITMIME", "ENHANCEDSTATUSCODES"}
	if !k.secure && !k.noTLS {
		lines = append(lines, "STARTTLS")
	}
	if k.password != "" && k.secure {
		lines = append(lines, "AUTH PLAIN LOGIN CRAM-MD5 NTLM")
	}
	return k.say("EHLO", "250-"+strings.Join(lines[:len(lines)-1], "\r\n250-")+"\r\n250 "+lines[len(lines)-1])
}

func (k *talk) startTLS() bool {
	if k.noTLS || k.secure {
		return k.say("STARTTLS", "502 no")
	}
	if !k.say("STARTTLS", "220 go") {
		return false
	}
	k.conn = tls.Server(k.conn, k.security)
	k.r = bufio.NewReader(k.conn)
	k.secure, k.hello = true, false
	return true
}

func (k *talk) auth(rest string) bool {
	secret, ok := strings.CutPrefix(rest, "PLAIN ")
	clear, err := base64.StdEncoding.DecodeString(secret)
	if !ok || err != nil || !k.secure || string(clear) != "\x00compte\x00"+k.password {
		return k.say("AUTH", "535 5.7.8 no: "+secret) // a server that repeats what it was told
	}
	k.user = "compte"
	return k.say("AUTH", "235 welcome")
}

func (k *talk) transaction(verb, rest string) bool {
	switch {
	case verb == "MAIL" && k.from == "":
		k.from = between(rest)
		ok := k.asUsual("MAIL")
		if !ok {
			k.from = ""
		}
		return k.say("MAIL", "250 ok")
	case verb == "RCPT" && k.from != "" && k.to == "":
		k.to = between(rest)
		return k.say("RCPT", "250 ok")
	case verb == "DATA" && k.to != "":
		if !k.asUsual("DATA") {
			return k.say("DATA", "")
		}
		return k.say("DATA", "354 go on") && k.data()
	}
	k.t.Errorf("%s out of order", verb)
	return k.say(verb, "503 out of order")
}

// between is what stands between the angle brackets of "FROM:<a@b> BODY=…".
func between(s string) string {
	_, s, _ = strings.Cut(s, ":<")
	s, _, _ = strings.Cut(s, ">")
	return s
}

func (k *talk) data() bool {
	var b strings.Builder
	for {
		line, ok := k.line()
		if !ok {
			return false // cut in the text: nothing is taken
		}
		if line == "." {
			break
		}
		b.WriteString(strings.TrimPrefix(line, ".") + "\r\n")
	}
	r := received{from: k.from, to: k.to, text: b.String(), tls: k.secure, user: k.user}
	usual := k.asUsual("dot")
	if usual {
		k.mu.Lock()
		k.inbox = append(k.inbox, r)
		k.mu.Unlock()
		if k.taken != nil && k.taken(r) == "drop" {
			return false
		}
	}
	ok := k.say("dot", "250 2.0.0 taken")
	k.from, k.to = "", ""
	return ok
}
