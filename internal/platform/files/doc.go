// SPDX-License-Identifier: EUPL-1.2

// Package files keeps the files that people join to what they do: proofs, minutes, signed
// documents. It is the house's one store of files, a folder by default, an S3 bucket by a setting.
//
// A content is kept once, under its SHA-256. A [File] is a row: a content, the name it was
// given, who put it and under which title, what it belongs to, and who may read it.
//
// # How a room uses it
//
// A form reads its upload into [Store.TempDir] ([web.FormSpec], with Durable, and MaxFile from
// [Store.Limit]), shows [Store.Hint] and [Accept] beside the field, and gives it to
// [Store.PutUpload]. A *[Refusal] is the error of the field. A room that must write its own rows in the
// same transaction calls [Store.KeepUpload], then [Store.Add] in it. A page links to [File.Path];
// a mail's attachment refers to the file's ID.
//
// # What it promises
//
//   - When [Store.Put] returns, the content is on disk, with its folder and every new folder above
//     it, and its row after it. A file that was acknowledged survives kill -9 and a
//     power cut; one that was not leaves nothing but bytes that [Store.Sweep] removes.
//   - A content never has its final name before it is whole.
//   - What is read is what was put: the SHA-256 is checked on each reading. An altered, lengthened
//     or shortened content gives [ErrAltered] before its last bytes are delivered, and for a
//     download of up to [VerifyFirst] bytes before the first one; a larger answer is cut off.
//   - [Store.Sweep] and [Store.Erase] never take away a content that a file holds, whatever
//     happens at the same time in this process or another (see content.go).
//   - A deleted file comes back for [Undo]; after that, or when a person is erased, its row and its
//     content go for good.
//
// # What is let in
//
// The types of [Accepted], and no other: the name's extension and the content itself must agree,
// and what the sender's machine declares is not even looked at. No page, script or program, no
// macro, no archive, no office document under a password. A document is never decompressed, save a
// few small parts whose size is bounded. When an antivirus is set ([Clamd]), what it
// refuses or cannot answer for is not kept.
//
// # What goes out
//
// /fichiers/{id}/{name} is the one door. It always answers an attachment of the type recognised
// at the entrance, under a policy that lets nothing run, to whom the file's own access lets
// read; for the others it does not exist.
package files
