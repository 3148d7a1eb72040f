// SPDX-License-Identifier: EUPL-1.2

package files

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"os"
	"path"
	"strings"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
)

// bucket is a store in an S3 bucket. An object appears there whole or not at all, and a 200
// to its upload is the server's word that it is durable.
type bucket struct {
	core   minio.Core
	name   string
	prefix string // "" or ends with "/"
	shown  string // the address without its secrets
}

// s3Tries is how often a request that fails for a passing reason is sent.
const s3Tries = 3

// s3Address is an S3 setting, read.
type s3Address struct {
	host, key, secret, bucket, prefix, region string
	plain                                     bool
	roots                                     *x509.CertPool // nil: those of the system
}

// String is the address without its secrets.
func (a *s3Address) String() string { return "s3://" + a.host + "/" + a.bucket + "/" + a.prefix }

func openBucket(ctx context.Context, setting string) (Backend, error) {
	a, err := parseS3(setting)
	if err != nil {
		return nil, err
	}
	transport, err := minio.DefaultTransport(!a.plain)
	if err != nil {
		return nil, fmt.Errorf("dépôt S3 : %w", err)
	}
	transport.DialContext = (&net.Dialer{Timeout: 5 * time.Second, KeepAlive: 30 * time.Second}).DialContext
	if a.roots != nil {
		transport.TLSClientConfig = &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: a.roots}
	}
	client, err := minio.New(a.host, &minio.Options{
		Creds:  credentials.NewStaticV4(a.key, a.secret, ""),
		Secure: !a.plain, Transport: http.RoundTripper(transport), Region: a.region, MaxRetries: s3Tries,
	})
	if err != nil {
		return nil, errors.New("l'hôte du dépôt S3 n'est pas une adresse : écrivez s3://clé:secret@hôte/seau, sans http:// ni chemin après le seau")
	}
	b := &bucket{core: minio.Core{Client: client}, name: a.bucket, prefix: a.prefix,
		shown: a.String()}
	if err := b.Check(ctx); err != nil {
		return nil, err
	}
	return b, nil
}

func parseS3(setting string) (*s3Address, error) {
	u, err := url.Parse(setting)
	if err != nil { // its text quotes the address, secret and all
		return nil, errors.New("l'adresse du dépôt S3 est mal formée : écrivez s3://clé:secret@hôte/seau?region=…, les caractères : / @ ? # % + du secret notés %3A %2F %40 %3F %23 %25 %2B")
	}
	a := &s3Address{host: u.Host, region: "us-east-1"}
	a.bucket, a.prefix, _ = strings.Cut(strings.Trim(u.Path, "/"), "/")
	if a.prefix != "" {
		a.prefix += "/"
	}
	if u.User != nil {
		a.key = u.User.Username()
		a.secret, _ = u.User.Password()
	}
	switch {
	case a.host == "" || a.bucket == "" || u.Opaque != "" || u.Fragment != "":
		return nil, errors.New("l'adresse du dépôt S3 doit nommer un hôte et un seau : s3://clé:secret@hôte/seau")
	case a.key == "" || a.secret == "":
		return nil, errors.New("l'adresse du dépôt S3 doit donner la clé et le secret : s3://clé:secret@hôte/seau")
	case strings.Contains(a.prefix, "//") || strings.Contains("/"+a.prefix, "/../") || strings.Contains("/"+a.prefix, "/./"):
		return nil, errors.New("dans l'adresse du dépôt S3, ce qui suit le seau n'est pas un chemin simple")
	}
	query, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return nil, errors.New("les réglages après « ? » dans l'adresse du dépôt S3 sont mal formés")
	}
	for name, values := range query {
		if err := a.set(name, values); err != nil {
			return nil, err
		}
	}
	if a.plain && a.roots != nil {
		return nil, errors.New("dépôt S3 : autorite ne va pas avec tls=non")
	}
	return a, nil
}

func (a *s3Address) set(name string, values []string) error {
	if len(values) != 1 || values[0] == "" {
		return fmt.Errorf("réglage « %s » du dépôt S3 : une valeur, une seule", name)
	}
	value := values[0]
	switch name {
	case "region":
		a.region = value
	case "tls":
		if value != "oui" && value != "non" {
			return fmt.Errorf("réglage « tls » du dépôt S3 : oui ou non, pas « %s »", value)
		}
		a.plain = value == "non"
	case "autorite":
		pem, err := os.ReadFile(value) // #nosec G304 G703 -- a setting of whoever runs the house
		if err != nil {
			return fmt.Errorf("réglage « autorite » du dépôt S3 : %w", err)
		}
		a.roots = x509.NewCertPool()
		if !a.roots.AppendCertsFromPEM(pem) {
			return fmt.Errorf("réglage « autorite » du dépôt S3 : %s ne contient aucun certificat au format PEM", value)
		}
	default:
		return fmt.Errorf("réglage « %s » inconnu dans l'adresse du dépôt S3 : region, tls, autorite", name)
	}
	return nil
}

// object is the name of a content in the bucket.
func (b *bucket) object(key string) (string, error) {
	if !isKey(key) {
		return "", fmt.Errorf("files: key %q", key)
	}
	return b.prefix + where(key), nil
}

// Put uploads in one request. The server checks the MD5 on the way (RFC 1864), and without TLS
// a signature over each piece; the SHA-256 is checked when it is read.
func (b *bucket) Put(ctx context.Context, key, from string, size int64) error {
	object, err := b.object(key)
	if err != nil {
		return err
	}
	f, err := os.Open(from) // #nosec G304 -- a file this program has received
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }() // only read
	_, err = b.core.Client.PutObject(ctx, b.name, object, f, size, minio.PutObjectOptions{
		ContentType: "application/octet-stream", DisableMultipart: true, SendContentMd5: true,
	})
	return b.told("l'envoi", err)
}

// Open reads a content.
func (b *bucket) Open(ctx context.Context, key string) (io.ReadCloser, error) {
	object, err := b.object(key)
	if err != nil {
		return nil, err
	}
	r, _, _, err := b.core.GetObject(ctx, b.name, object, minio.GetObjectOptions{})
	if err != nil {
		return nil, b.told("la lecture", err)
	}
	return r, nil
}

// Remove takes a content away; S3 answers the same when it was not there.
func (b *bucket) Remove(ctx context.Context, key string) error {
	object, err := b.object(key)
	if err != nil {
		return err
	}
	return b.told("l'effacement", b.core.RemoveObject(ctx, b.name, object, minio.RemoveObjectOptions{}))
}

// Tidy has nothing to do: contents are sent in one request, which leaves nothing when it is cut.
func (b *bucket) Tidy(context.Context, time.Time) error { return nil }

// Each lists the bucket below the prefix.
func (b *bucket) Each(ctx context.Context, before time.Time, fn func(key string) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // ends the listing
	for o := range b.core.Client.ListObjects(ctx, b.name, minio.ListObjectsOptions{Prefix: b.prefix, Recursive: true}) {
		if o.Err != nil {
			return b.told("la liste du seau", o.Err)
		}
		key := path.Base(o.Key)
		if !isKey(key) || o.Key != b.prefix+where(key) || !o.LastModified.Before(before) {
			continue // not ours, or recent
		}
		if err := fn(key); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// Check asks for the bucket.
func (b *bucket) Check(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 15*time.Second)
	defer cancel()
	there, err := b.core.BucketExists(ctx, b.name)
	if err == nil && !there {
		return fmt.Errorf("le seau « %s » n'existe pas dans le dépôt S3 %s : créez-le, ou corrigez son nom", b.name, b.shown)
	}
	return b.told("la vérification du seau", err)
}

// told puts an error in our words; minio's own hold the server's answer, never a secret.
func (b *bucket) told(what string, err error) error {
	if err == nil {
		return nil
	}
	answer := minio.ToErrorResponse(err)
	switch {
	case answer.Code == minio.NoSuchKey:
		return fmt.Errorf("dépôt S3 : %w", fs.ErrNotExist)
	case answer.Code == "SignatureDoesNotMatch", answer.Code == "InvalidAccessKeyId", answer.StatusCode == http.StatusForbidden:
		return fmt.Errorf("le dépôt S3 %s refuse %s : vérifiez la clé, le secret, la région et les droits sur le seau (%s)", b.shown, what, answer.Code)
	}
	return fmt.Errorf("le dépôt S3 %s n'a pas pu servir %s : %w", b.shown, what, err)
}

func (b *bucket) String() string { return b.shown }
