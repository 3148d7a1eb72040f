// SPDX-License-Identifier: EUPL-1.2

package mail

import (
	"context"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/textproto"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"
	"github.com/wneessen/go-mail/smtp"
)

// mechanisms are the ways to authenticate that we prefer, best first; for a server that has none of
// them the library takes another. All of it under TLS: ParseURL refuses an account in clear.
var mechanisms = []gomail.SMTPAuthType{
	gomail.SMTPAuthSCRAMSHA256PLUS, gomail.SMTPAuthSCRAMSHA1PLUS, gomail.SMTPAuthSCRAMSHA256, gomail.SMTPAuthSCRAMSHA1,
	gomail.SMTPAuthPlain, gomail.SMTPAuthLogin,
}

// Dial opens a session: TCP, TLS with a verified certificate, EHLO, authentication. Its errors are
// in French, without the password.
func (s *SMTP) Dial(ctx context.Context) (Session, error) {
	var conn net.Conn
	client, err := s.client(&conn)
	if err == nil {
		var c *smtp.Client
		if c, err = client.DialToSMTPClientWithContext(ctx); err == nil {
			return &smtpSession{c, s.Timeout}, nil
		}
	}
	if conn != nil {
		_ = conn.Close() // the library leaves it open when a greeting fails
	}
	return nil, s.explain(err)
}

// client has the settings; the connection it makes is left in conn.
func (s *SMTP) client(conn *net.Conn) (*gomail.Client, error) {
	security := &tls.Config{ServerName: s.Host, MinVersion: tls.VersionTLS12, RootCAs: s.roots}
	dial := func(ctx context.Context, network, address string) (c net.Conn, err error) {
		if s.Encryption == Implicit {
			c, err = (&tls.Dialer{Config: security}).DialContext(ctx, network, address)
		} else {
			c, err = (&net.Dialer{}).DialContext(ctx, network, address)
		}
		if err == nil {
			*conn = c
		}
		return c, err
	}
	options := []gomail.Option{
		gomail.WithPort(s.Port), gomail.WithTimeout(s.Timeout), gomail.WithHELO(s.Hello), gomail.WithTLSConfig(security),
		gomail.WithDialContextFunc(dial), gomail.WithoutSMTPUTF8(), // our headers are ASCII
	}
	switch s.Encryption {
	case StartTLS:
		options = append(options, gomail.WithTLSPolicy(gomail.TLSMandatory))
	case Implicit:
		options = append(options, gomail.WithSSL())
	case Plain:
		options = append(options, gomail.WithTLSPolicy(gomail.NoTLS))
	}
	if s.User != "" {
		options = append(options, gomail.WithUsername(s.User), gomail.WithPassword(s.password), gomail.WithOpportunisticSMTPAuth(mechanisms...))
	}
	return gomail.NewClient(s.Host, options...)
}

// explain says in French what keeps us from reaching the server, and what to look at.
func (s *SMTP) explain(err error) error {
	cause := s.scrub(err.Error())
	var certificate *tls.CertificateVerificationError
	var answer *textproto.Error
	var dns *net.DNSError
	switch {
	case errors.As(err, &certificate):
		return fmt.Errorf("serveur de courrier %s : son certificat n'est pas reconnu ; vérifiez son nom, ou donnez son autorité par autorite=FICHIER (%s)", s.address(), cause)
	case errors.As(err, &dns):
		return fmt.Errorf("serveur de courrier %s : ce nom est introuvable ; vérifiez-le (%s)", s.address(), cause)
	case strings.Contains(cause, "STARTTLS"):
		return fmt.Errorf("serveur de courrier %s : il ne propose pas STARTTLS, et rien ne part en clair ; essayez smtps:// sur le port 465 (%s)", s.address(), cause)
	case strings.Contains(cause, "AUTH"):
		return fmt.Errorf("serveur de courrier %s : il refuse le compte « %s » ; vérifiez le compte et le mot de passe (%s)", s.address(), s.User, cause)
	case errors.As(err, &answer):
		return fmt.Errorf("serveur de courrier %s : il a répondu %s", s.address(), cause)
	}
	return fmt.Errorf("serveur de courrier %s : pas de réponse ; vérifiez le nom, le port et le pare-feu (%s)", s.address(), cause)
}

// scrub takes the password out of a text: a server may repeat what it was told.
func (s *SMTP) scrub(text string) string {
	if s.password == "" {
		return text
	}
	for _, secret := range []string{s.password, base64.StdEncoding.EncodeToString([]byte(s.password)),
		base64.StdEncoding.EncodeToString([]byte("\x00" + s.User + "\x00" + s.password))} {
		text = strings.ReplaceAll(text, secret, "•••")
	}
	return text
}

// smtpSession is a session on the library's SMTP client. The text comes from Compose, not from
// the library's Msg, and is sent step by step: only so can the mark fall right before the final dot.
type smtpSession struct {
	c       *smtp.Client
	timeout time.Duration
}

// finalPatience is how long the final dot may wait for its answer when nothing else bounds it: a
// server filters the text before it answers, and hanging up early makes duplicates (RFC 5321
// § 4.5.3.2.6 asks for ten minutes, which our lease has no room for).
const finalPatience = 5 * time.Minute

// Send is [Session.Send].
func (s *smtpSession) Send(ctx context.Context, from, to string, text []byte, commit func() error) error {
	end, ok := ctx.Deadline()
	if !ok {
		end = time.Now().Add(finalPatience)
	}
	if err := s.announce(end, from, to); err != nil {
		return err
	}
	w, err := s.c.Data()
	if err != nil {
		return refusal(err, true)
	}
	err = s.c.UpdateDeadline(time.Until(end))
	if err == nil {
		_, err = w.Write(text)
	}
	if err == nil {
		err = s.c.Text.W.Flush() // so that nothing but the dot is left for the window
	}
	if err == nil {
		err = commit()
	}
	if err != nil {
		return errors.Join(err, s.c.Close()) // no dot was sent: not even a QUIT, which would send one
	}
	return lastWord(w)
}

// announce says from whom and to whom, each in the patience of the settings.
func (s *smtpSession) announce(end time.Time, from, to string) error {
	patience := min(s.timeout, time.Until(end))
	if err := s.c.UpdateDeadline(patience); err != nil {
		return err
	}
	if err := s.c.Mail("<" + from + ">"); err != nil {
		return refusal(err, false)
	}
	if err := s.c.UpdateDeadline(patience); err != nil {
		return err
	}
	if err := s.c.Rcpt("<" + to + ">"); err != nil {
		return refusal(err, true)
	}
	return s.c.UpdateDeadline(patience)
}

// lastWord sends the final dot and reads the answer.
func lastWord(w io.Closer) error {
	err := w.Close()
	if err == nil {
		return nil
	}
	var answer *textproto.Error
	if errors.As(err, &answer) {
		if answer.Code/100 == 2 {
			return nil // "251" where 250 is due: taken all the same
		}
		return refusal(err, true)
	}
	return fmt.Errorf("%w (%w)", ErrUncertain, err)
}

// refusal is an answer of the server as a *Refusal, and any other error as it is. final says that a 5xx
// is about this message; before RCPT it is about the account that sends, which somebody will
// repair, and the message waits.
func refusal(err error, final bool) error {
	var answer *textproto.Error
	if !errors.As(err, &answer) {
		return err
	}
	text := strings.Join(strings.Fields(answer.Msg), " ")
	return &Refusal{Code: answer.Code, Text: text, Permanent: final && answer.Code >= 500}
}

// Close is [Session.Close]. After an error nothing polite is said: a QUIT in the middle of a text
// would end it.
func (s *smtpSession) Close() error {
	if !s.c.HasConnection() {
		return nil
	}
	_ = s.c.UpdateDeadline(min(s.timeout, 5*time.Second)) // a server that does not answer our goodbye
	if err := s.c.Quit(); err != nil {
		return s.c.Close()
	}
	return nil
}
