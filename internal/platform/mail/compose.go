// SPDX-License-Identifier: EUPL-1.2

package mail

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/textproto"
	"strings"
	"time"

	"maillage/internal/platform/clock"
)

// Identity is who writes.
type Identity struct {
	From   Address
	Domain string // of the Message-IDs; empty: that of From
}

// Check says what is wrong with an identity, in French.
func (i Identity) Check() error {
	if err := i.From.check("expéditeur"); err != nil {
		return err
	}
	if i.Domain == "" {
		return nil
	}
	if _, err := ParseAddress("postmaster@" + i.Domain); err != nil {
		return invalid("« %s » n'est pas un nom de domaine", i.Domain)
	}
	return nil
}

func (i Identity) domain() string {
	if i.Domain != "" {
		return i.Domain
	}
	return i.From.Addr[strings.IndexByte(i.From.Addr, '@')+1:]
}

// MessageID is the identifier, with its angle brackets, that the message queued under id
// always leaves with: what a later message gives as InReplyTo.
func (i Identity) MessageID(id string) string { return "<" + id + "@" + i.domain() + ">" }

// Files opens what attachments refer to.
type Files interface {
	// Open reads a file whole; an error that is fs.ErrNotExist means that it will never come back.
	Open(ctx context.Context, ref string) (io.ReadCloser, error)
}

// errTooBig is not temporary: the files will not shrink.
var errTooBig = fmt.Errorf("les fichiers joints dépassent %d Mo : donnez un lien", MaxAttached>>20)

// Compose writes a checked message as it goes on the line (RFC 5322, MIME), with CRLF. The same
// arguments give the same bytes, so that what is sent again is what was sent.
func Compose(ctx context.Context, from Identity, m Message, id string, at time.Time, files Files) ([]byte, error) {
	if err := errors.Join(from.Check(), m.Check()); err != nil {
		return nil, err
	}
	var b bytes.Buffer
	writeHeader(&b, "Date", at.In(clock.Paris).Format("Mon, 02 Jan 2006 15:04:05 -0700"))
	writeHeader(&b, "From", from.From.field())
	writeHeader(&b, "To", m.To.field())
	if m.ReplyTo != (Address{}) {
		writeHeader(&b, "Reply-To", m.ReplyTo.field())
	}
	writeHeader(&b, "Subject", words(m.Subject))
	writeHeader(&b, "Message-ID", from.MessageID(id))
	if m.InReplyTo != "" {
		writeHeader(&b, "In-Reply-To", m.InReplyTo)
	}
	if len(m.References) > 0 {
		writeHeader(&b, "References", strings.Join(m.References, " "))
	}
	writeHeader(&b, "Auto-Submitted", "auto-generated") // RFC 3834: no holiday answer, please
	writeHeader(&b, "X-Auto-Response-Suppress", "OOF, AutoReply")
	if m.Unsubscribe != "" {
		writeHeader(&b, "List-Unsubscribe", "<"+m.Unsubscribe+">")
		writeHeader(&b, "List-Unsubscribe-Post", "List-Unsubscribe=One-Click")
	}
	writeHeader(&b, "Content-Language", "fr")
	writeHeader(&b, "MIME-Version", "1.0")
	err := writeBody(ctx, &b, m, id, files)
	return b.Bytes(), err
}

// part writes its header fields with header, then its content to the writer it gets.
type part func(header func(textproto.MIMEHeader) (io.Writer, error)) error

// writeBody nests: files beside alternatives beside text.
func writeBody(ctx context.Context, b *bytes.Buffer, m Message, id string, files Files) error {
	body := textPart("text/plain", plain(m))
	if m.HTML != "" {
		page, err := document(m)
		if err != nil {
			return err
		}
		body = multi("alternative", "a-"+id, []part{body, textPart("text/html", page)})
	}
	if len(m.Attachments) > 0 {
		parts, err := attached(ctx, m.Attachments, files)
		if err != nil {
			return err
		}
		body = multi("mixed", "m-"+id, append([]part{body}, parts...))
	}
	return body(func(h textproto.MIMEHeader) (io.Writer, error) {
		for _, name := range []string{"Content-Type", "Content-Transfer-Encoding"} {
			if v := h.Get(name); v != "" {
				writeHeader(b, name, v)
			}
		}
		b.WriteString("\r\n")
		return b, nil
	})
}

func textPart(kind, text string) part {
	return func(header func(textproto.MIMEHeader) (io.Writer, error)) error {
		w, err := header(textproto.MIMEHeader{"Content-Type": {kind + "; charset=utf-8"}, "Content-Transfer-Encoding": {"quoted-printable"}})
		if err != nil {
			return err
		}
		q := quotedprintable.NewWriter(w)
		if _, err := io.WriteString(q, strings.ReplaceAll(text, "\r\n", "\n")); err != nil {
			return err
		}
		return q.Close()
	}
}

// multi is a multipart whose boundary is known beforehand. It holds the identifier of the message,
// which is drawn after its text was written, so that no content can hold it.
func multi(kind, boundary string, parts []part) part {
	return func(header func(textproto.MIMEHeader) (io.Writer, error)) error {
		w, err := header(textproto.MIMEHeader{"Content-Type": {fmt.Sprintf(`multipart/%s; boundary="%s"`, kind, boundary)}})
		if err != nil {
			return err
		}
		mw := multipart.NewWriter(w)
		if err := mw.SetBoundary(boundary); err != nil {
			return err
		}
		for _, p := range parts {
			if err := p(mw.CreatePart); err != nil {
				return err
			}
		}
		return mw.Close()
	}
}

// attached reads the files, all together no larger than MaxAttached.
func attached(ctx context.Context, list []Attachment, files Files) ([]part, error) {
	if files == nil {
		return nil, errors.New("aucun dépôt de fichiers n'est branché sur l'envoi des courriels")
	}
	var parts []part
	left := int64(MaxAttached)
	for _, a := range list {
		content, err := readFile(ctx, files, a.Ref, left)
		if err != nil {
			return nil, fmt.Errorf("fichier joint « %s » : %w", a.Name, err)
		}
		left -= int64(len(content))
		parts = append(parts, filePart(a, content))
	}
	return parts, nil
}

func readFile(ctx context.Context, files Files, ref string, limit int64) ([]byte, error) {
	r, err := files.Open(ctx, ref)
	if err != nil {
		return nil, err
	}
	defer func() { _ = r.Close() }() // only read
	content, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err == nil && int64(len(content)) > limit {
		err = errTooBig
	}
	return content, err
}

func filePart(a Attachment, content []byte) part {
	return func(header func(textproto.MIMEHeader) (io.Writer, error)) error {
		w, err := header(textproto.MIMEHeader{
			"Content-Type":              {a.Type},
			"Content-Transfer-Encoding": {"base64"},
			"Content-Disposition":       {mime.FormatMediaType("attachment", map[string]string{"filename": a.Name})}, // RFC 2231
		})
		if err != nil {
			return err
		}
		text := base64.StdEncoding.EncodeToString(content)
		for len(text) > 76 {
			if _, err := io.WriteString(w, text[:76]+"\r\n"); err != nil {
				return err
			}
			text = text[76:]
		}
		_, err = io.WriteString(w, text)
		return err
	}
}
