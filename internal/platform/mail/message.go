// SPDX-License-Identifier: EUPL-1.2

package mail

import (
	"net/url"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Kind is why a message is sent; it decides when it may leave ([NextAllowed]) and what goes
// first.
type Kind string

// The kinds, in the order in which they leave.
const (
	Access   Kind = "acces"   // a link or a code that somebody asked for this minute
	Receipt  Kind = "accuse"  // the acknowledgement of what somebody has just done
	Answer   Kind = "reponse" // a person answers a person
	Notice   Kind = "envoi"   // what somebody decided to send to a group: a convocation, a newsletter
	Reminder Kind = "rappel"  // what the house sends by itself about a promise
	Digest   Kind = "resume"  // what the house gathers for somebody
)

// priorities are what leaves first when several messages are due: 0 does not wait behind a newsletter.
var priorities = map[Kind]int{Access: 0, Receipt: 0, Answer: 1, Notice: 2, Reminder: 3, Digest: 3}

// Message is one letter to one person. A group mail is one Message for each person, with the same Group.
type Message struct {
	To      Address `json:"to"`
	ReplyTo Address `json:"reply_to,omitzero"`
	Subject string  `json:"subject"`
	Kind    Kind    `json:"kind"`
	// Group is shared by the messages that one gesture sends, and that can be undone together.
	Group string `json:"group,omitempty"`

	// HTML is the body of the message as a fragment of plain semantic HTML (see [CheckHTML]); the
	// head, the language and the foot are added. It may be empty.
	HTML string `json:"html,omitempty"`
	// Text is the same in plain text; when it is empty it is made from HTML.
	Text string `json:"text,omitempty"`
	// Why tells at the foot why this person gets this message: "vous siégez au comité".
	Why string `json:"why,omitempty"`

	// Unsubscribe is an https address that ends the subscription by one POST without a page
	// (RFC 8058). A GET on it must show a page with a button and change nothing.
	Unsubscribe string   `json:"unsubscribe,omitempty"`
	InReplyTo   string   `json:"in_reply_to,omitempty"` // Message-ID, with its angle brackets
	References  []string `json:"references,omitempty"`

	Attachments []Attachment `json:"attachments,omitempty"`
}

// Attachment is a file that stays where it is until the message leaves.
type Attachment struct {
	Ref  string `json:"ref"`  // what [Files] knows it by
	Name string `json:"name"` // as the reader will see it
	Type string `json:"type"` // media type: "application/pdf"
}

// Limits of what one message holds.
const (
	maxBody        = 512 << 10 // bytes, each of Text and HTML
	maxFileName    = 200       // bytes: three times that, percent-encoded, still fits on a line of 998
	maxAttachments = 10
	maxReferences  = 50
	// MaxAttached is the size of all the files of a message, in bytes. Beyond, send a link: many
	// mailboxes refuse 20 MB, and base64 adds a third.
	MaxAttached = 10 << 20
)

var (
	messageID = regexp.MustCompile(`^<[!-;=?-~]{1,120}@[!-;=?-~]{1,120}>$`)
	mediaType = regexp.MustCompile(`^[a-z0-9][a-z0-9!#$&^_.+-]{0,63}/[a-z0-9][a-z0-9!#$&^_.+-]{0,63}$`)
)

// Check says what is wrong with m, in French; the error is an [ErrInvalid].
func (m Message) Check() error {
	if _, ok := priorities[m.Kind]; !ok {
		return invalid("la sorte « %s » est inconnue", m.Kind)
	}
	if err := m.To.check("destinataire"); err != nil {
		return err
	}
	if m.ReplyTo != (Address{}) {
		if err := m.ReplyTo.check("adresse de réponse"); err != nil {
			return err
		}
	}
	if strings.TrimSpace(m.Subject) == "" {
		return invalid("l'objet est vide")
	}
	for what, s := range map[string]string{"objet": m.Subject, "raison de l'envoi": m.Why, "groupe": m.Group} {
		if err := checkLine(what, s, maxSubject); err != nil {
			return err
		}
	}
	if err := m.checkBody(); err != nil {
		return err
	}
	if err := m.checkThread(); err != nil {
		return err
	}
	return m.checkAttachments()
}

func (m Message) checkBody() error {
	if strings.TrimSpace(m.Text) == "" && strings.TrimSpace(m.HTML) == "" {
		return invalid("le message est vide")
	}
	for _, s := range []string{m.Text, m.HTML} {
		if len(s) > maxBody {
			return invalid("le message dépasse %d ko : joignez un fichier ou donnez un lien", maxBody>>10)
		}
		if !utf8.ValidString(s) {
			return invalid("le message contient des octets qui ne sont pas du texte UTF-8")
		}
		if i := strings.IndexFunc(s, func(r rune) bool { return unicode.IsControl(r) && !strings.ContainsRune("\n\r\t", r) }); i >= 0 {
			return invalid("le message contient un caractère de commande, à l'octet %d", i)
		}
	}
	if m.HTML == "" {
		return nil
	}
	if err := CheckHTML(m.HTML); err != nil {
		return err
	}
	if m.Text == "" && strings.TrimSpace(textOf(m.HTML)) == "" {
		return invalid("le message ne montre aucun texte")
	}
	return nil
}

func (m Message) checkThread() error {
	if m.InReplyTo != "" && !messageID.MatchString(m.InReplyTo) {
		return invalid("« %s » n'est pas un identifiant de message", m.InReplyTo)
	}
	if len(m.References) > maxReferences {
		return invalid("plus de %d messages de référence", maxReferences)
	}
	for _, r := range m.References {
		if !messageID.MatchString(r) {
			return invalid("« %s » n'est pas un identifiant de message", r)
		}
	}
	if m.Unsubscribe == "" {
		return nil
	}
	u, err := url.Parse(m.Unsubscribe)
	if err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil || !isHeaderURL(m.Unsubscribe) {
		return invalid("l'adresse de désinscription doit commencer par https:// (RFC 8058)")
	}
	return nil
}

// isHeaderURL says that an address can stand between angle brackets on one line.
func isHeaderURL(s string) bool {
	return len(s) <= 900 && !strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' || strings.ContainsRune(`<>,"\`, r) })
}

func (m Message) checkAttachments() error {
	if len(m.Attachments) > maxAttachments {
		return invalid("plus de %d fichiers joints", maxAttachments)
	}
	for _, a := range m.Attachments {
		if a.Ref == "" || a.Name == "" {
			return invalid("un fichier joint n'a pas de nom")
		}
		if err := checkLine("fichier joint", a.Name, maxName); err != nil {
			return err
		}
		if len(a.Name) > maxFileName {
			return invalid("fichier joint « %s » : le nom est trop long", a.Name)
		}
		if strings.ContainsAny(a.Name, `/\:*?"<>|`) {
			return invalid(`fichier joint « %s » : le nom ne contient ni / ni \ ni : * ? " < > |`, a.Name)
		}
		if !mediaType.MatchString(a.Type) || strings.HasPrefix(a.Type, "multipart/") || strings.HasPrefix(a.Type, "message/") {
			return invalid("fichier joint « %s » : la sorte « %s » est inconnue", a.Name, a.Type)
		}
	}
	return nil
}
